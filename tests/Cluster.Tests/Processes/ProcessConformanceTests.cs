using Recs.Conformance;

namespace Recs.Cluster.Tests.Processes;

/// <summary>What every host must do, done by three silo processes and a real Redis, asked from outside.</summary>
[Collection(ProcessCollection.Name)]
public sealed class ProcessConformanceTests(ClusterProcesses cluster) : RecommenderConformance, IClassFixture<ClusterProcesses>
{
    protected override Task<IRecommender> CreateAsync()
    {
        ClusterProcesses.SkipWhereThereIsNone();
        return Task.FromResult(cluster.Recommender);
    }

    public override Task DisposeAsync() => Task.CompletedTask;
}
