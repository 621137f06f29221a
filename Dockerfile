# JupyterLab with everything set up: docker build -t resnet-notebooks . && docker run --rm -p 127.0.0.1:8888:8888 resnet-notebooks
FROM node:24-bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates g++ python3 python3-venv \
    && rm -rf /var/lib/apt/lists/*
USER node
WORKDIR /home/node/resnet-notebooks
COPY --chown=node:node . .
# The kernels are compiled for all processors, and choose among their instructions when they run.
RUN npm run setup
EXPOSE 8888
CMD ["node", "scripts/cli.mjs", "lab", "--ip=0.0.0.0", "--no-browser"]
