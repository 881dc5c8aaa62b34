export function keptJar(app: string, parentOrigin: () => string | null): KeptJar;
export namespace JAR_LIMITS {
    let changes_max: number;
    let changes_burst: number;
    let changes_per_second: number;
    let jar_units_max: number;
    let jars_units_max: number;
}
export type KeptCookie = [name: string, value: string, expires: number | null];
export type JarContent = {
    cookie: KeptCookie[];
    local: [key: string, value: string][];
};
export type KeptJar = {
    /**
     * what the frame starts with
     */
    read: () => JarContent | undefined;
    take: (changes: unknown, now: number) => "passed" | "refused" | "garbage";
    clear: () => void;
};
export type JarKeeper = (app: string, parentOrigin: () => string | null) => KeptJar;
export type Change = [area: string, name: string, value: string | null, expires: number | null];
