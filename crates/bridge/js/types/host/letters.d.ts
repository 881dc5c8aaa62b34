export function lettersOnly(name: string): string;
