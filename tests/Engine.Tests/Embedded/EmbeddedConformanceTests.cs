using Recs.Conformance;
using Recs.Engine.Embedded;

namespace Recs.Engine.Tests.Embedded;

/// <summary>The suite that every host must pass, on the one-process host.</summary>
public sealed class EmbeddedConformanceTests : RecommenderConformance
{
    private EmbeddedHost? _host;

    protected override async Task<IRecommender> CreateAsync() => (_host = await EmbeddedHost.StartAsync(new RecommenderOptions { Spaces = Spaces })).Recommender;

    public override async Task DisposeAsync()
    {
        if (_host is not null)
            await _host.DisposeAsync();
    }
}
