export function keptJar(app: string, parentOrigin: () => string | null): KeptJar;
export { JAR_LIMITS };
export type KeptCookie = [name: string, value: string, expires: number | null];
export type JarContent = {
    cookie: KeptCookie[];
    local: [key: string, value: string][];
};
export type KeptJar = {
    /**
     * returns the content that the frame starts with
     */
    read: () => JarContent | undefined;
    take: (changes: unknown, now: number) => "passed" | "refused" | "garbage";
    clear: () => void;
};
export type JarKeeper = (app: string, parentOrigin: () => string | null) => KeptJar;
export type Change = [area: string, name: string, value: string | null, expires: number | null];
import { JAR_LIMITS } from './shared/limits.js';
