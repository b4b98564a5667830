declare module '*.vue' {
  import type { DefineComponent } from 'vue';
  const component: DefineComponent<{ client: object }>;
  export default component;
}
