FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /source
# The project files alone first: the restored packages stay cached until one of them changes.
COPY global.json Directory.Build.props Directory.Packages.props .editorconfig ./
COPY src/Directory.Build.props src/BannedSymbols.txt src/
COPY src/LoadBalancer.Core/*.csproj src/LoadBalancer.Core/
COPY src/LoadBalancer.Discovery/*.csproj src/LoadBalancer.Discovery/
COPY src/LoadBalancer.Reactor/*.csproj src/LoadBalancer.Reactor/
COPY src/LoadBalancer.Registry/*.csproj src/LoadBalancer.Registry/
COPY src/LoadBalancer/*.csproj src/LoadBalancer/
RUN dotnet restore src/LoadBalancer
COPY src/ src/
RUN dotnet publish src/LoadBalancer -c Release --no-restore -o /app && mkdir /state

# No shell, no package manager, and a user that is not root.
FROM mcr.microsoft.com/dotnet/aspnet:10.0-noble-chiseled
COPY --from=build /app /opt/lb
COPY deploy/image/lb.json /etc/lb/lb.json
# The only place that is written to: the root file system may be read-only.
COPY --from=build --chown=1654:1654 /state /var/lib/lb
VOLUME /var/lib/lb
ENV PATH="/opt/lb:${PATH}" STATE_DIRECTORY=/var/lib/lb
WORKDIR /etc/lb
USER 1654
EXPOSE 8080 8404
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s CMD ["/opt/lb/lb", "status", "--quiet"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["/opt/lb/lb"]
CMD ["run", "--config", "/etc/lb/lb.json"]
