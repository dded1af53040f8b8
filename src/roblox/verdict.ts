/** What an HTTP answer means for the call that got it, as a value: status and headers first, texts never. */
import { csrfTokenOf } from './csrf.ts';
import { type ErrorBody, isMarkup, parseErrorBody } from './error-body.ts';
import type { Answered, AnswerHeaders } from './send.ts';

export type Verdict =
  | { readonly kind: 'good' }
  /** Repeat once with this token; nothing was changed. */
  | { readonly kind: 'csrf'; readonly token: string; readonly error: ErrorBody }
  /** A person must act; nothing was changed. */
  | { readonly kind: 'challenge'; readonly type: string; readonly error: ErrorBody }
  | { readonly kind: 'unauthorized'; readonly error: ErrorBody }
  /** 429, or Open Cloud's "changed at the same time": nothing was changed, ask again later. */
  | { readonly kind: 'limited'; readonly error: ErrorBody }
  /** 5xx, a web page, a redirect: whether a write was applied is anybody's guess. */
  | { readonly kind: 'failing'; readonly error: ErrorBody }
  /** A 4xx: nothing was changed. */
  | { readonly kind: 'refused'; readonly error: ErrorBody };

export type Asked = {
  readonly isWrite: boolean;
  /** What the call was made with: decides whose fault a 401 is and whether CSRF applies. */
  readonly sentWith: 'cookie' | 'key' | 'nothing';
};

export function judge(answer: Answered, asked: Asked): Verdict {
  const { status, headers } = answer;
  if (status >= 200 && status < 300) return judgeGood(answer, asked);

  const error = parseErrorBody(answer.body);
  const hasCredential = asked.sentWith !== 'nothing';
  if (status === 401) return { kind: hasCredential ? 'unauthorized' : 'refused', error };
  if (status === 403) {
    // One captured challenge carried a CSRF token as well, so this comes first.
    const type = challengeOf(headers);
    if (type !== null) return { kind: hasCredential ? 'challenge' : 'refused', type, error };
    const token = asked.sentWith === 'cookie' && asked.isWrite ? csrfTokenOf(status, headers) : null;
    if (token !== null) return { kind: 'csrf', token, error };
    return { kind: 'refused', error };
  }
  if (status === 429) return { kind: 'limited', error };
  if (status === 409 && error.code === 'ABORTED') return { kind: 'limited', error };
  if (status >= 300 && status < 400) {
    // A dead cookie is sometimes answered by the login page's address instead of a 401.
    const isLogin = /^[^?#]*login/i.test(String(headers['location'] ?? ''));
    return isLogin && hasCredential ? { kind: 'unauthorized', error } : { kind: 'failing', error };
  }
  // 408 and 499 are given up on somewhere between us and the service; the service may have gone on.
  if (status === 408 || status === 499 || status >= 500) return { kind: 'failing', error };
  return { kind: 'refused', error };
}

/** A write that was answered 2xx has been applied, even if its body is cut or odd. A web page is no such answer. */
function judgeGood(answer: Answered, asked: Asked): Verdict {
  const isPage = /\bhtml\b/i.test(String(answer.headers['content-type'] ?? '')) || isMarkup(answer.body);
  if (isPage || (!asked.isWrite && !answer.isWhole)) return { kind: 'failing', error: { code: null, message: null } };
  return { kind: 'good' };
}

function challengeOf(headers: AnswerHeaders): string | null {
  if (headers['rblx-challenge-id'] === undefined && headers['rblx-challenge-type'] === undefined) return null;
  return String(headers['rblx-challenge-type'] ?? 'unknown').slice(0, 40);
}
