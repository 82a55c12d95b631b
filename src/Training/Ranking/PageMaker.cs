using System.Numerics.Tensors;
using Recs.Engine.Retrieval.SessionNeighbours;
using Recs.Training.Data;

namespace Recs.Training.Ranking;

/// <summary>Makes replayed pages with the sources and the assembler that serve. Not thread-safe: one per part.</summary>
internal sealed class PageMaker
{
    private readonly ItemCatalog _catalog;
    private readonly RecommenderModel _model;
    private readonly IReadOnlyList<ICandidateSource> _sources;
    private readonly string[] _names;
    private readonly FeatureAssembler _assembler;
    private readonly PageOptions _options;
    private readonly (long CreatedMs, int Item)[] _byCreation;
    private readonly ItemMask _eligible = new();

    public PageMaker(
        ItemCatalog catalog, ItemCounters counters, SessionNeighbourIndex visits, RecommenderModel model, PageOptions options, long[] itemsCreated)
    {
        _catalog = catalog;
        _model = model;
        _options = options;
        _sources = new CandidateSources(catalog, counters, visits).Personal;
        _names = [.. _sources.Select(s => s.Name)];
        _assembler = new FeatureAssembler(catalog, counters);
        _byCreation = [.. itemsCreated.Select((created, item) => (created, item)).OrderBy(p => p.created).ThenBy(p => p.item)];
    }

    public ReplayedPage Make(UserSession session, EventColumns events, int e, bool judged, Random random)
    {
        var (answer, now) = (events.Item[e], events.AtMs[e]);
        FillEligible(session, now);
        var vector = FoldIn.VectorFor(session, _model);
        var lists = Retrieve(session, vector, now);
        // All that was found teaches; what a page has the time to rank is judged.
        var candidates = CandidateMerger.Merge(_names, lists, int.MaxValue);
        var answerAt = Array.IndexOf(candidates.Items, answer, 0, candidates.Count);
        var features = new float[candidates.Count * FeatureSchema.Width];
        _assembler.Assemble(new RankingRequest
        {
            Session = session,
            Model = _model,
            UserVector = vector,
            Candidates = candidates,
            NowMs = now,
            Surface = "home",
        }, features);

        var sample = Sample(features, candidates.Count, answerAt, random);
        return new ReplayedPage
        {
            Event = e,
            Answer = answer,
            Candidates = candidates.Count,
            AnswerAt = answerAt,
            Features = sample,
            Rows = sample.Length / FeatureSchema.Width,
            Ranked = judged ? RankedOf(candidates, features, lists, answer) : null,
            AlsRank = judged && vector is not null ? AlsRank(vector, answer) : -1,
            PopularityRank = judged ? PopularityRank(answer) : -1,
        };
    }

    private void FillEligible(UserSession session, long now)
    {
        _catalog.Match(null, _eligible);
        foreach (var item in session.Hidden)
            _eligible.Remove(item);
        foreach (var item in session.Seen)
            _eligible.Remove(item);
        // The catalogue is of today: what had not arrived then could not be shown.
        for (var i = _byCreation.Length - 1; i >= 0 && _byCreation[i].CreatedMs > now; i--)
            _eligible.Remove(_byCreation[i].Item);
    }

    private CandidateList[] Retrieve(UserSession session, float[]? vector, long now)
    {
        var context = new RetrievalContext
        {
            Session = session,
            Model = _model,
            UserVector = vector,
            Eligible = _eligible,
            EligibleCount = _eligible.CountSet(),
            NowMs = now,
            Limit = _options.CandidatesPerSourceFor(Limits.DefaultPageSize),
        };
        var lists = new CandidateList[_sources.Count];
        for (var s = 0; s < lists.Length; s++)
        {
            lists[s] = new CandidateList();
            _sources[s].RetrieveAsync(context, lists[s], CancellationToken.None).AsTask().GetAwaiter().GetResult();
        }

        return lists;
    }

    private RankedRows RankedOf(CandidateSet candidates, float[] features, CandidateList[] lists, int answer)
    {
        var width = FeatureSchema.Width;
        var ranked = CandidateMerger.Merge(_names, lists, _options.MaxCandidatesFor(Limits.DefaultPageSize)).Items;
        var rows = new float[ranked.Length * width];
        // Both are in order of arrival.
        for (int r = 0, at = 0; r < ranked.Length; r++, at++)
        {
            while (candidates.Items[at] != ranked[r])
                at++;
            features.AsSpan(at * width, width).CopyTo(rows.AsSpan(r * width));
        }

        return new RankedRows(rows, ranked.Length, Array.IndexOf(ranked, answer));
    }

    /// <summary>The answer first, then candidates drawn without replacement; nothing without an answer.</summary>
    private static float[] Sample(float[] features, int count, int answerAt, Random random)
    {
        if (answerAt < 0)
            return [];
        var width = FeatureSchema.Width;
        var kept = new float[Math.Min(count, TemporalReplay.NegativesPerPage + 1) * width];
        features.AsSpan(answerAt * width, width).CopyTo(kept);
        var order = new int[count];
        for (var i = 0; i < count; i++)
            order[i] = i;
        (order[0], order[answerAt]) = (order[answerAt], order[0]);
        var rows = kept.Length / width;
        for (var k = 1; k < rows; k++)
        {
            var pick = random.Next(k, count);
            (order[k], order[pick]) = (order[pick], order[k]);
            features.AsSpan(order[k] * width, width).CopyTo(kept.AsSpan(k * width));
        }

        return kept;
    }

    private int AlsRank(float[] vector, int answer)
    {
        var factors = _model.Factors;
        var row = factors.RowOf(answer);
        if (row < 0 || !_eligible[answer])
            return -1;
        var score = TensorPrimitives.Dot<float>(vector, factors.Row(row));
        var rank = 0;
        for (var r = 0; r < factors.Rows; r++)
        {
            if (_eligible[factors.ItemOfRow[r]] && TensorPrimitives.Dot<float>(vector, factors.Row(r)) > score)
                rank++;
        }

        return rank;
    }

    private int PopularityRank(int answer)
    {
        if (!_eligible[answer])
            return -1;
        var popularity = _model.Popularity;
        var (own, rank) = (popularity[answer], 0);
        for (var item = 0; item < popularity.Length; item++)
        {
            if (_eligible[item] && (popularity[item] > own || popularity[item] == own && item < answer))
                rank++;
        }

        return rank;
    }
}
