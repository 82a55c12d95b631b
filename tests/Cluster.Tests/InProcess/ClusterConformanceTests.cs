using Recs.Conformance;
using Recs.Engine;

namespace Recs.Cluster.Tests.InProcess;

/// <summary>What every host must do, done by a cluster of three silos.</summary>
public sealed class ClusterConformanceTests(TestClusterHost host) : RecommenderConformance, IClassFixture<TestClusterHost>
{
    protected override Task<IRecommender> CreateAsync() => Task.FromResult(host.Recommender);

    public override Task DisposeAsync() => Task.CompletedTask;
}
