// Finds the codes that tests expect, as opposed to codes that merely occur in them: a fixture or a comment proves nothing.
import ts from 'typescript';

/** The texts that a test file states as an expected outcome: what a matcher is given, and the tables that a matcher reads. */
export function expectedTexts(file: string, source: string): ReadonlySet<string> {
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true);
  const found = new Set<string>();
  const collect = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node)) found.add(node.text);
    ts.forEachChild(node, collect);
  };
  const tables = new Map<string, ts.Node>();
  const declare = (node: ts.Node): void => {
    if (ts.isVariableDeclaration(node) && ts.isIdentifier(node.name) && node.initializer !== undefined)
      tables.set(node.name.text, node.initializer);
    ts.forEachChild(node, declare);
  };
  declare(tree);
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node)) {
      if (isMatcher(node)) node.arguments.forEach(collect);
      const rows = tableOf(node);
      const body = node.arguments.find((argument) => ts.isArrowFunction(argument) || ts.isFunctionExpression(argument));
      if (rows !== undefined && body !== undefined && hasMatcherOnParameter(body)) {
        const named = ts.isIdentifier(rows) ? tables.get(rows.text) : undefined;
        collect(named ?? rows);
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}

/** `expect(...).matcher(...)`, also with `resolves` and `rejects`, never with `not`. */
function isMatcher(node: ts.CallExpression): boolean {
  let at: ts.Expression = node.expression;
  if (!ts.isPropertyAccessExpression(at)) return false;
  while (ts.isPropertyAccessExpression(at)) {
    if (at.name.text === 'not') return false;
    at = at.expression;
  }
  return ts.isCallExpression(at) && ts.isIdentifier(at.expression) && at.expression.text === 'expect';
}

/** The rows of `it.each(rows)(...)` and `describe.each(rows)(...)`. */
function tableOf(node: ts.CallExpression): ts.Expression | undefined {
  const inner = node.expression;
  if (!ts.isCallExpression(inner) || !ts.isPropertyAccessExpression(inner.expression)) return undefined;
  return inner.expression.name.text === 'each' ? inner.arguments[0] : undefined;
}

/** Whether a matcher inside is given one of the function's own parameters: then the rows hold what is expected. */
function hasMatcherOnParameter(body: ts.Node): boolean {
  const names = new Set<string>();
  const bind = (name: ts.BindingName): void => {
    if (ts.isIdentifier(name)) names.add(name.text);
    else for (const element of name.elements) if (ts.isBindingElement(element)) bind(element.name);
  };
  if (ts.isArrowFunction(body) || ts.isFunctionExpression(body)) for (const parameter of body.parameters) bind(parameter.name);
  let found = false;
  const mentions = (node: ts.Node): boolean =>
    (ts.isIdentifier(node) && names.has(node.text)) || (ts.forEachChild(node, (child) => mentions(child) || undefined) ?? false);
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && isMatcher(node) && node.arguments.some(mentions)) found = true;
    ts.forEachChild(node, visit);
  };
  visit(body);
  return found;
}
