/**
 * A script that is loaded when it is needed, once. After a failure the next call tries again, by an address of its own:
 * by the older rule, which browsers still keep, a page never asks again for a module that it once asked for in vain.
 */
export function late<Module>(address: string | URL, base: string): () => Promise<Module> {
  let loading: Promise<Module> | undefined;
  let failures = 0;
  return () => {
    const url = new URL(address, base);
    if (failures > 0) url.searchParams.set('again', `${failures}`);
    return (loading ??= (import(/* @vite-ignore */ url.href) as Promise<Module>).catch((error: unknown) => {
      loading = undefined;
      failures += 1;
      throw error;
    }));
  };
}
