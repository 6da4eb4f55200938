import type { AttributeType } from './engine.js';
import type { ClaimShape, ClaimShapes, CredentialType } from '@gridpass/core';
import { CREDENTIAL_TYPES } from '@gridpass/core';

/** An attribute of what is asked for; one that is not always there is read behind `context.request has <name>`. */
export type RequestAttribute = ClaimShape & { readonly optional?: boolean };

/** What a program asks of a channel: its actions, and the attributes it hands in by their path below `context.request`. */
export interface RequestShape {
  readonly actions: readonly string[];
  readonly attributes: Readonly<Record<string, RequestAttribute>>;
}

/** Everything that the policies of a channel may name. */
export interface Vocabulary {
  readonly claims: (type: CredentialType) => ClaimShapes;
  readonly request: RequestShape;
  /** Whether the program said what it asks; else the attributes were read off the policies and any name of them goes. */
  readonly requestIsDeclared: boolean;
}

const DID: ClaimShape = { kind: 'text', unit: 'did', admits: (value) => typeof value === 'string' && value.startsWith('did:') };

/** Facts that every credential yields beside its claims: they need no disclosure. */
export const ENVELOPE: Readonly<Record<string, ClaimShape>> = {
  issuer: DID,
  subject: DID,
};

/** What every request has. */
export const REQUEST_ENVELOPE: Readonly<Record<string, ClaimShape>> = {
  principal: DID,
  action: { kind: 'text' },
  at: { kind: 'number', unit: 'instant', minimum: 0 },
  epochDay: { kind: 'number', unit: 'epochDay', minimum: 0 },
};

/** Names directly below `context`. */
export const ROOTS: readonly string[] = ['request', ...CREDENTIAL_TYPES];

/** The shapes below one name of `context`, or nothing where the name is unknown. */
export function shapesOf(vocabulary: Vocabulary, root: string): Readonly<Record<string, RequestAttribute>> | undefined {
  if (root === 'request') return { ...vocabulary.request.attributes, ...requestEnvelope(vocabulary) };
  const type = CREDENTIAL_TYPES.find((known) => known === root);
  return type === undefined ? undefined : { ...vocabulary.claims(type), ...ENVELOPE };
}

function requestEnvelope({ request, requestIsDeclared }: Vocabulary): Readonly<Record<string, ClaimShape>> {
  return requestIsDeclared ? { ...REQUEST_ENVELOPE, action: { kind: 'text', codes: request.actions } } : REQUEST_ENVELOPE;
}

/** The shape of a path below `context`. */
export function shapeOf(vocabulary: Vocabulary, path: readonly string[]): ClaimShape | undefined {
  const [root = '', ...rest] = path;
  const shapes = shapesOf(vocabulary, root);
  const name = rest.join('.');
  return shapes !== undefined && Object.hasOwn(shapes, name) ? shapes[name] : undefined;
}

/** `context` as the engine's validator knows it. A claim that is named is required: without it the policy is not evaluated. */
export function toContextType(vocabulary: Vocabulary): AttributeType {
  return record(Object.fromEntries(ROOTS.map((root) => [root, toRecordType(shapesOf(vocabulary, root) ?? {}, '')])));
}

function toRecordType(shapes: Readonly<Record<string, RequestAttribute>>, prefix: string): AttributeType {
  const names = Object.keys(shapes).filter((path) => path.startsWith(prefix) && !path.slice(prefix.length).includes('.'));
  const attributes = names.flatMap((path): [string, AttributeType][] => {
    const shape = shapes[path];
    const type = shape === undefined || shape.kind === 'no-fact' ? undefined : toType(shape, shapes, path);
    return type === undefined ? [] : [[path.slice(prefix.length), shape?.optional === true ? { ...type, required: false } : type]];
  });
  return record(Object.fromEntries(attributes));
}

function toType(shape: ClaimShape, shapes: Readonly<Record<string, RequestAttribute>>, path: string): AttributeType | undefined {
  switch (shape.kind) {
    case 'text':
      return { type: 'String' };
    case 'number':
      return { type: 'Long' };
    case 'flag':
      return { type: 'Boolean' };
    case 'texts':
      return { type: 'Set', element: { type: 'String' } };
    case 'numbers':
      return { type: 'Set', element: { type: 'Long' } };
    case 'group':
      return toRecordType(shapes, `${path}.`);
    default:
      return undefined;
  }
}

function record(attributes: Readonly<Record<string, AttributeType>>): AttributeType {
  return { type: 'Record', attributes };
}
