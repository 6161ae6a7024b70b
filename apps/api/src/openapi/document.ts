import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { complete } from './complete.js';

/**
 * Serves the OpenAPI document at /openapi.json, and where the dashboard, which shows it, is not built a page to try it
 * at /docs.
 */
export function serveOpenApi(app: INestApplication): void {
  const settings = new DocumentBuilder()
    .setTitle('Coldpress')
    .setDescription(
      'Makes trained neural networks small and fast enough for edge devices. Errors are RFC 9457 problems with a stable `code`.',
    )
    .setVersion('1')
    .addBearerAuth({
      type: 'http',
      scheme: 'bearer',
      description: 'The API key that the server printed at its first start.',
    })
    .addBearerAuth(
      { type: 'http', scheme: 'bearer', description: 'The key that a device got when it enrolled.' },
      'device',
    )
    .build();
  const document = () =>
    complete(
      SwaggerModule.createDocument(app, settings, {
        operationIdFactory: (controller, method) => `${controller.replace(/Controller$/, '')}_${method}`,
      }),
    );
  SwaggerModule.setup('docs', app, document, {
    jsonDocumentUrl: 'openapi.json',
    yamlDocumentUrl: 'openapi.yaml',
    customSiteTitle: 'Coldpress API',
    swaggerOptions: { persistAuthorization: true },
  });
}
