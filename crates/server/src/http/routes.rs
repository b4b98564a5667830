//! A router that knows its paths, so that nothing is served that the OpenAPI document does not describe.

use std::sync::Arc;

use axum::Router;
use axum::routing::MethodRouter;

use super::App;

/// Routes, and their paths as they were written.
pub(super) struct Routes {
    pub(super) router: Router<Arc<App>>,
    pub(super) paths: Vec<String>,
}

impl Routes {
    pub(super) fn new() -> Self {
        Self {
            router: Router::new(),
            paths: Vec::new(),
        }
    }

    pub(super) fn route(mut self, path: &str, methods: MethodRouter<Arc<App>>) -> Self {
        self.router = self.router.route(path, methods);
        self.paths.push(path.to_owned());
        self
    }

    /// These routes below a path; the path alone where theirs is `/`.
    pub(super) fn nest(mut self, prefix: &str, inner: Self) -> Self {
        self.router = self.router.nest(prefix, inner.router);
        let paths = inner.paths.iter().map(|path| match path.as_str() {
            "/" => prefix.to_owned(),
            path => format!("{prefix}{path}"),
        });
        self.paths.extend(paths);
        self
    }
}
