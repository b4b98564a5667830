/** A site that is not ours: pages of its own, on an origin of its own, with whatever policy it likes. */
import { createServer, type Server as HttpServer } from 'node:http';

export interface SitePage {
  body: string;
  /** Such as a Content-Security-Policy. */
  headers?: Record<string, string>;
  type?: string;
}

export class Site {
  readonly pages = new Map<string, SitePage>();
  private constructor(private readonly http: HttpServer, readonly origin: string) {}

  static async start(): Promise<Site> {
    let site: Site;
    const http = createServer((request, response) => {
      const page = site.pages.get(new URL(request.url ?? '/', 'http://site').pathname);
      response.writeHead(page ? 200 : 404, { 'content-type': page?.type ?? 'text/html; charset=utf-8', ...page?.headers });
      response.end(page?.body ?? '');
    });
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    const { port } = http.address() as { port: number };
    site = new Site(http, `http://localhost:${port}`);
    return site;
  }

  html(path: string, head: string, body: string, headers?: Record<string, string>): string {
    this.pages.set(path, { body: `<!doctype html><html lang="en"><head><meta charset="utf-8"><link rel="icon" href="data:,"><title>Site</title>${head}</head><body>${body}</body></html>`, ...(headers && { headers }) });
    return this.origin + path;
  }

  stop(): void {
    this.http.close();
    this.http.closeAllConnections();
  }
}
