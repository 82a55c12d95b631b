using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Configuration;
using Orleans.Storage;
using Orleans.TestingHost;
using Recs.Client;
using Recs.Conformance;
using Recs.Engine;
using Recs.Grains;
using Recs.Grains.Hosting;
using Recs.Grains.Storage;

namespace Recs.Cluster.Tests.InProcess;

/// <summary>Three silos, or another number, in this process over one artifact folder, with states and streams in memory.</summary>
public sealed class TestClusterHost : IAsyncLifetime
{
    private InProcessTestCluster _cluster = null!;

    public short Silos { get; init; } = 3;

    public string Folder { get; } = Directory.CreateTempSubdirectory("recs-cluster-").FullName;

    public IRecommender Recommender { get; private set; } = null!;

    public IClusterClient Client => _cluster.Client;

    public InProcessTestCluster Cluster => _cluster;

    public async Task InitializeAsync()
    {
        var options = new RecommenderClusterOptions { ArtifactDirectory = Folder, Spaces = RecommenderConformance.Spaces };
        var builder = new InProcessTestClusterBuilder(Silos);
        builder.ConfigureSilo((_, silo) =>
        {
            silo.UseRecommender(options);
            silo.AddMemoryStreams(ClusterNames.Streams);
            silo.AddMemoryGrainStorage("PubSubStore");
            silo.AddMemoryGrainStorage(ClusterNames.Storage);
            silo.Services.AddSingleton<IGrainStorageSerializer, BlobSerializer>();
        });
        if (Environment.GetEnvironmentVariable("RECS_TEST_LOG") is { } log)
            builder.ConfigureSiloHost((silo, host) => host.Logging.AddProvider(new FileLogs(log, silo.SiloName)));
        _cluster = builder.Build();
        await _cluster.DeployAsync();
        Recommender = new ClusterRecommender(
            _cluster.Client, new ClusterRecommenderOptions(), TimeProvider.System, new ClientMetrics(), NullLogger<ClusterRecommender>.Instance);
    }

    public async Task DisposeAsync()
    {
        await _cluster.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }

    private sealed class FileLogs(string path, string silo) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (typeof(FileLogs))
                File.AppendAllText(path, $"{silo} {logLevel}: {formatter(state, exception)} {exception}\n");
        }

        public void Dispose()
        {
        }
    }
}
