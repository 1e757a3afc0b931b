// What a visitor chose, kept on this machine where the browser allows it.

export type Theme = 'light' | 'dark';

function read(key: string): string | null {
  try {
    return localStorage.getItem(`commonweal.${key}`);
  } catch {
    // A sandboxed frame has no storage.
    return null;
  }
}

function write(key: string, value: string): void {
  try {
    localStorage.setItem(`commonweal.${key}`, value);
  } catch {
    // Then the choice lasts as long as the page.
  }
}

/** The theme in force: the visitor's choice, else the system's. */
export function theme(): Theme {
  const chosen = read('theme');
  if (chosen === 'light' || chosen === 'dark') return chosen;
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}

export function setTheme(value: Theme): void {
  write('theme', value);
  document.documentElement.dataset.theme = value;
}

/** Whether single letters act as shortcuts (WCAG 2.1.4: they can be switched off). */
export function shortcuts(): boolean {
  return read('shortcuts') !== 'off';
}

export function setShortcuts(on: boolean): void {
  write('shortcuts', on ? 'on' : 'off');
}

/** Whether the system asks for less motion. */
export function reducedMotion(): boolean {
  return matchMedia('(prefers-reduced-motion: reduce)').matches;
}
