/** What a plan allows, dialect by dialect (api-contracts.md 3.8). */
import type { Dialect } from './caller.ts';
import type { KeyAction, Plan } from './refusals.ts';

const weskAllowances: Record<Plan, number | null> = { starter: 100, free: 100, pro: 1000, elite: 1000, max: null };
const weskKeys: Record<Plan, number | null> = { starter: 1, free: 1, pro: 2, elite: 2, max: null };

/** Calls a month that are not flagged as overage; null = unlimited, as in every dialect but WESK. Never blocks. */
export function allowanceOf(dialect: Dialect, plan: Plan): number | null {
  return dialect === 'wesk' ? weskAllowances[plan] : null;
}

/** WESK keys a group may have; null = unlimited. */
export const weskKeysMax = (plan: Plan): number | null => weskKeys[plan];

/** Whether the plan has this action in the WESK dialect. */
export function weskPlanHas(plan: Plan, action: KeyAction): boolean {
  if (action === 'demote') return plan !== 'starter' && plan !== 'free';
  if (action === 'export' || action === 'import') return plan === 'max';
  return true;
}
