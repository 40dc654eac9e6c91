// Starts Swagger UI. Signing in by "Try it out" on /auth/login (or /auth/refresh) authorises the whole page.
"use strict";
window.addEventListener("load", () => {
  const ui = SwaggerUIBundle({
    url: "/openapi.json",
    dom_id: "#swagger-ui",
    deepLinking: true,
    tryItOutEnabled: true,
    displayRequestDuration: true,
    presets: [SwaggerUIBundle.presets.apis],
    responseInterceptor: (response) => {
      if (response.ok && /\/auth\/(login|refresh)\/?$/.test(response.url)) {
        ui.preauthorizeApiKey("bearer", JSON.parse(response.text).access_token);
      }
      return response;
    },
  });
  window.ui = ui;
});
