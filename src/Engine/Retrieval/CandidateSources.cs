namespace Recs.Engine.Retrieval;

/// <summary>The standard sources over one catalogue and its counters, by kind of page; shared by all pages.</summary>
public sealed class CandidateSources
{
    public CandidateSources(ItemCatalog catalog, ItemCounters counters)
    {
        var rankings = new AttentionRankings(catalog, counters);
        var popular = new PopularSource(rankings);
        var trending = new TrendingSource(rankings);
        var content = new ContentSource(catalog, rankings);
        var (als, neighbours) = (new AlsSource(), new NeighbourSource());
        Personal = [als, neighbours, content, trending, new NewSource(catalog, counters), popular];
        Similar = [neighbours, als, content, popular];
        Trending = [trending, popular];
    }

    /// <summary>als, neighbours, content, trending, new, popular.</summary>
    public IReadOnlyList<ICandidateSource> Personal { get; }

    /// <summary>neighbours, als, content of the seed; popular fills up.</summary>
    public IReadOnlyList<ICandidateSource> Similar { get; }

    /// <summary>trending; popular fills up.</summary>
    public IReadOnlyList<ICandidateSource> Trending { get; }
}
