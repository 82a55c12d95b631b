using Recs.Engine.Retrieval.SessionNeighbours;

namespace Recs.Engine.Retrieval;

/// <summary>The standard sources over one catalogue and its counters, by kind of page; shared by all pages.</summary>
public sealed class CandidateSources
{
    /// <param name="catalog">Items.</param>
    /// <param name="counters">What is met how often.</param>
    /// <param name="visits">What was met in one visit; null for no such source.</param>
    /// <param name="vectors">Searches the behaviour vectors; the model's own index when absent.</param>
    public CandidateSources(
        ItemCatalog catalog, ItemCounters counters, SessionNeighbourIndex? visits = null, ICandidateSource? vectors = null)
    {
        var rankings = new AttentionRankings(catalog, counters);
        var popular = new PopularSource(rankings);
        var trending = new TrendingSource(rankings);
        var content = new ContentSource(catalog, rankings);
        var als = vectors ?? new AlsSource();
        var (neighbours, linear) = (new NeighbourSource(), new LinearSource());
        ICandidateSource[] spaces = [.. catalog.Vectors.Spaces.Select(space => new VectorSource(space))];
        ICandidateSource[] sessions = visits is null ? [] : [new SessionNeighbourSource(visits)];
        Personal = [als, neighbours, linear, .. sessions, content, .. spaces, trending, new NewSource(catalog, counters), popular];
        Similar = [neighbours, als, content, .. spaces, popular];
        Trending = [trending, popular];
    }

    /// <summary>als, neighbours, linear, sessions, content, one a named space, trending, new, popular.</summary>
    public IReadOnlyList<ICandidateSource> Personal { get; }

    /// <summary>neighbours, als, content and each named space of the seed; popular fills up.</summary>
    public IReadOnlyList<ICandidateSource> Similar { get; }

    /// <summary>trending; popular fills up.</summary>
    public IReadOnlyList<ICandidateSource> Trending { get; }
}
