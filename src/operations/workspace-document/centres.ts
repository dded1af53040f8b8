/** The parts of the workspace document that players and other services meet: applications, rank centre, webhooks. */
import { z } from 'zod';
import * as field from './fields.ts';

const theme = z.strictObject({
  primaryColor: field.color.nullable().optional(),
  backgroundColor: field.color.nullable().optional(),
  accentColor: field.color.nullable().optional(),
  textColor: field.color.nullable().optional(),
  logoAssetId: field.robloxId.nullable().optional(),
  font: field.text(1, 50).nullable().optional(),
});

const optionId = z
  .string('must be an id: letters, digits, _ and -')
  .regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be an id: 1 to 64 letters, digits, _ and -');

const question = z
  .strictObject({
    id: optionId,
    order: field.wholeNumber(0, 10_000).optional(),
    type: field.choice(['multiple_choice', 'short_text', 'long_text']),
    prompt: field.text(1, 2000),
    options: z
      .array(z.strictObject({ id: optionId, text: field.text(1, 500) }), 'must be a list of options')
      .max(50, 'must have at most 50 options')
      .optional(),
    required: field.flag.optional(),
    points: field.wholeNumber(0, 10_000).optional(),
    maxLength: field.wholeNumber(1, 10_000).nullable().optional(),
    acceptedAnswers: z
      .array(field.text(1, 2000), 'must be a list of answers')
      .max(50, 'must have at most 50 answers')
      .optional()
      .describe('Ids of options for multiple_choice, otherwise texts; none: marked by hand.'),
  })
  .superRefine((value, context) => {
    const options = value.options ?? [];
    const say = (path: (string | number)[], message: string) => context.addIssue({ code: 'custom', path, message });
    if (value.type !== 'multiple_choice') {
      if (options.length > 0) say(['options'], 'belongs to multiple_choice only');
      return;
    }
    if (options.length < 2) say(['options'], 'must have at least 2 options in a multiple_choice question');
    const ids = options.map((option) => option.id);
    for (const [index, id] of ids.entries()) {
      if (ids.indexOf(id) !== index) say(['options', index, 'id'], `is already the id of options[${ids.indexOf(id)}]`);
    }
    for (const [index, answer] of (value.acceptedAnswers ?? []).entries()) {
      if (!ids.includes(answer)) say(['acceptedAnswers', index], 'is not the id of one of the options');
    }
  });

export const applicationEntry = z.strictObject({
  slug: field.slug,
  default: field.flag.optional(),
  groupId: field.robloxId.optional(),
  enabled: field.flag.optional(),
  title: field.text(1, 200).optional(),
  description: field.text(0, 2000).optional(),
  passPercentage: field.wholeNumber(0, 100).optional(),
  autoRank: field.memberRank.nullable().optional(),
  allowedPlaceIds: z
    .array(field.robloxId, 'must be a list of place ids')
    .max(1000, 'must have at most 1000 places')
    .optional(),
  cooldownHours: field.wholeNumber(0, 24 * 365).optional(),
  theme: theme.optional(),
  questions: z.array(question, 'must be a list of questions').max(200, 'must have at most 200 questions').optional(),
});

const offerEntry = z
  .strictObject({
    name: field.text(1, 100),
    description: field.text(0, 2000).optional(),
    priceRobux: field.wholeNumber(0, 1_000_000_000).optional(),
    gamepassId: field.robloxId,
    minRank: field.rank.optional(),
    targetRank: field.memberRank,
    imageAssetId: field.robloxId.nullable().optional(),
    enabled: field.flag.optional(),
  })
  .refine((offer) => (offer.minRank ?? 0) < offer.targetRank, {
    path: ['targetRank'],
    message: 'must be above minRank: a purchase never demotes',
  });

export const rankCentrePart = z.strictObject({
  groupId: field.robloxId.optional(),
  enabled: field.flag.optional(),
  title: field.text(1, 200).optional(),
  theme: theme.optional(),
  offers: z.array(offerEntry, 'must be a list of offers').max(1000, 'must have at most 1000 offers').optional(),
});

const eventName = z
  .string('must be the name of an event such as "action.succeeded"')
  .regex(
    /^(?:\*|[a-z][a-zA-Z-]*(?:\.[a-zA-Z-]+)+)$/,
    'must be the name of an event such as "action.succeeded", or "*" for all',
  );

export const webhookEntry = z.strictObject({
  url: field.httpUrl,
  events: z
    .array(eventName, 'must be a list of events')
    .min(1, 'must name at least one event')
    .max(100, 'must have at most 100 events')
    .optional(),
  enabled: field.flag.optional(),
});
