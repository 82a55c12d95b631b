namespace Recs.Engine.Retrieval;

/// <summary>The standard sources over one catalogue and its counters, by kind of page; shared by all pages.</summary>
public sealed class CandidateSources
{
    /// <param name="catalog">The catalogue that candidates come from.</param>
    /// <param name="counters">Windowed counts of its items.</param>
    /// <param name="vectors">Searches the behaviour vectors; the model's own index when absent.</param>
    public CandidateSources(ItemCatalog catalog, ItemCounters counters, ICandidateSource? vectors = null)
    {
        var rankings = new AttentionRankings(catalog, counters);
        var popular = new PopularSource(rankings);
        var trending = new TrendingSource(rankings);
        var content = new ContentSource(catalog, rankings);
        var als = vectors ?? new AlsSource();
        var neighbours = new NeighbourSource();
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
