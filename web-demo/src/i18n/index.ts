// Texts of the page. One file a language; keys are checked by the compiler.

import en from './en.json';

export type Key = keyof typeof en;
let texts: Record<Key, string> = en;

/** Puts another language in place; the pseudo-locale of the tests too. */
export function use(other: Record<Key, string>): void {
  texts = other;
}

/** The text of a key, `{name}` filled from `fields`. */
export function t(key: Key, fields: Record<string, string | number> = {}): string {
  return texts[key].replaceAll(/\{(\w+)\}/g, (whole, name: string) =>
    String(fields[name] ?? whole),
  );
}

/** A measured number as the page writes it: three significant digits, a true minus. */
export function num(value: number): string {
  const text = new Intl.NumberFormat('en-GB', { maximumSignificantDigits: 3 }).format(value);
  return text === '-0' ? '0' : text.replace('-', '−');
}
