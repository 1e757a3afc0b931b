// What the engine says of a scenario's text: each note with its place, its line and what would be right.

import { html, nothing, type TemplateResult } from 'lit';
import type { Diagnostic } from '../engine/types.ts';
import { t } from '../i18n/index.ts';

/** Longest part of a line that is quoted, in UTF-16 units. */
const QUOTE_MAX = 160;

/** One note with its place. */
function place(file: string, note: Diagnostic): string {
  const { line, column, message } = note;
  return t('error.place', { file, line, column, message });
}

/** What would be right, if that can be said. */
function better({ help }: Diagnostic): string {
  return help ? t('error.help', { help }) : '';
}

/** One note and what would be right, as one line of text for the clipboard. */
export function sentence(file: string, note: Diagnostic): string {
  return `${place(file, note)} ${better(note)}`.trim();
}

/** The notes of a text, in its order. `text`: to quote its lines from; empty: none is quoted. */
export function notes(file: string, list: readonly Diagnostic[], text: string): TemplateResult {
  const lines = text.split(/\r?\n/);
  return html`<ol class="notes">
    ${list.map(
      (note) => html`<li data-note=${note.severity}>
        <span>${place(file, note)} <span class="muted">${note.code}</span></span>
        ${note.help ? html`<span class="help">${better(note)}</span>` : nothing}
        ${text ? quote(lines[note.line - 1] ?? '') : nothing}
      </li>`,
    )}
  </ol>`;
}

function quote(line: string): TemplateResult | typeof nothing {
  const shown = line.trim().slice(0, QUOTE_MAX);
  return shown ? html`<code>${shown}${line.trim().length > QUOTE_MAX ? '…' : ''}</code>` : nothing;
}
