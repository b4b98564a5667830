declare module '*.svelte' {
  import type { Component } from 'svelte';
  const component: Component<{ client: object }>;
  export default component;
}
