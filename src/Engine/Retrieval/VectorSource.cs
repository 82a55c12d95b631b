using Recs.Engine.Retrieval.Vectors;

namespace Recs.Engine.Retrieval;

/// <summary>
/// Items near those of the session, or near the seed on "similar to" pages, in one named space: text, images, whatever the
/// caller has vectors of. An item may have a vector in each of several spaces; each space is a source of its own, with its
/// dimension and its metric. Needs no model, so that it finds items which nobody has met yet.
/// </summary>
/// <remarks>
/// Every one of the newest positive items (<see cref="SessionSeeds"/>) asks for its neighbours: a mean of unlike items would lie
/// near none of them. An item's score is the largest of seed's weight times similarity, "because" that seed; similarity
/// is the score of the space, for distances 1 / (1 + squared distance). The index may be written to at any time.
/// </remarks>
public sealed class VectorSource : ICandidateSource
{
    // Searches a page; older seeds weigh little.
    private const int MaxSeeds = 4;

    private readonly SpaceVectors _vectors;
    private readonly VectorSpace _space;

    /// <param name="vectors">By item number of the catalogue that the pages are made from. Nothing is found until they are searchable.</param>
    public VectorSource(SpaceVectors vectors)
    {
        (_vectors, _space) = (vectors, vectors.Space);
        Name = NameOf(_space.Name);
    }

    /// <summary>"vectors:" and the space's name.</summary>
    public string Name { get; }

    /// <summary>The name of a space's source.</summary>
    public static string NameOf(string space) => "vectors:" + space;

    public ValueTask RetrieveAsync(RetrievalContext context, CandidateList candidates, CancellationToken cancellationToken)
    {
        if (_vectors.Index is not { Count: > 0 } index)
            return ValueTask.CompletedTask;
        Span<int> seeds = stackalloc int[SessionSeeds.Cap];
        Span<float> weights = stackalloc float[SessionSeeds.Cap];
        var count = SessionSeeds.Fill(context, seeds, weights);

        var scratch = SourceScratch.Current;
        scratch.Items.Clear();
        scratch.ReserveVector(_space.Dimension);
        for (int s = 0, asked = 0; s < count && asked < MaxSeeds; s++)
        {
            if (!index.TryGet(seeds[s], scratch.Vector))
                continue;
            asked++;
            AddNeighbours(context, index, seeds[s], weights[s], scratch, cancellationToken);
        }
        scratch.Top.Reset(context.Limit);
        var found = scratch.Items.Keys;
        for (var at = 0; at < found.Length; at++)
            scratch.Top.Add(found[at], scratch.Largest[at]);
        foreach (var key in scratch.Top.Ordered())
        {
            var item = TopSelector.ItemOf(key);
            candidates.Add(item, TopSelector.ScoreOf(key), scratch.Because[scratch.Items.Find(item)]);
        }
        return ValueTask.CompletedTask;
    }

    private void AddNeighbours(
        RetrievalContext context, VectorIndex index, int seed, float weight, SourceScratch scratch, CancellationToken cancellationToken)
    {
        // One more than wanted: the seed itself may be among them.
        scratch.ReserveHits(context.Limit + 1);
        var hits = scratch.Hits.AsSpan(0, context.Limit + 1);
        var query = scratch.Vector.AsSpan(0, _space.Dimension);
        var found = index.Search(query, hits, context.Eligible, _vectors.Effort, cancellationToken);
        scratch.ReserveSums(scratch.Items.Count + found);
        foreach (var hit in hits[..found])
        {
            if (hit.Item == seed || hit.Item == context.SeedItem)
                continue;
            var value = weight * (_space.Metric == SpaceMetric.Euclidean ? 1 / (1 - hit.Score) : hit.Score);
            var at = scratch.Items.Add(hit.Item, out var isNew);
            if (isNew || value > scratch.Largest[at])
                (scratch.Largest[at], scratch.Because[at]) = (value, seed);
        }
    }
}
