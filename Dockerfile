# One image for every role: api, worker or the `coldpress` command.
FROM node:22-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY . .
RUN npm run build && npm prune --omit=dev

FROM node:22-bookworm-slim
ENV NODE_ENV=production COLDPRESS_HOST=0.0.0.0 COLDPRESS_DASHBOARD_PATH=/app/dist/dashboard COLDPRESS_WORK_PATH=/var/lib/coldpress/work
WORKDIR /app
COPY --from=build --chown=node:node /app/package.json ./
COPY --from=build --chown=node:node /app/node_modules ./node_modules
COPY --from=build --chown=node:node /app/dist ./dist
COPY --from=build --chown=node:node /app/libs/database/migrations ./libs/database/migrations
RUN mkdir -p /var/lib/coldpress/work && chown -R node:node /var/lib/coldpress
USER node
EXPOSE 8090
CMD ["node", "dist/apps/api/src/main.js"]
