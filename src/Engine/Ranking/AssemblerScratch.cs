using System.Numerics.Tensors;

namespace Recs.Engine.Ranking;

/// <summary>What the assembler looks up once per request, kept by thread so that a page allocates none of it.</summary>
internal sealed class AssemblerScratch
{
    private const long VisitGapMs = 30 * 60_000;

    private static readonly string[] FlaggedSources = ["als", "neighbours", "content", "trending", "new", "linear", "sessions"];

    private readonly IntMap _candidates = new();
    private readonly IntMap _recentCategories = new();
    private int[] _recentCounts = new int[64];
    private int _recentEvents;
    private int _sessionsSource;
    private int[] _lastCategories = new int[16];
    private int _lastCategoryCount;

    /// <summary>The features that are the same for every candidate; zeros elsewhere.</summary>
    public float[] UserRow { get; } = FeatureList.All.Select(f => f.Default).ToArray();

    /// <summary>For each found-by flag, the bit of its source in this request; 0 when the source took no part.</summary>
    public uint[] SourceMasks { get; } = new uint[FlaggedSources.Length];

    public TasteMatch Taste { get; } = new();

    public float[] NeighbourScores { get; private set; } = [];

    public float[] NeighbourBest { get; private set; } = [];

    /// <summary>By candidate: recent events on the item.</summary>
    public int[] TimesSeen { get; private set; } = [];

    /// <summary>By candidate: sum over the history of the weights in closed form.</summary>
    public float[] LinearScores { get; private set; } = [];

    public float UserNorm { get; private set; }

    /// <summary>Of the sessions source; 0 where it did not return the candidate.</summary>
    public float SessionScore(CandidateSet candidates, int candidate) =>
        _sessionsSource >= 0 && candidates.Scores[candidate * candidates.Sources.Count + _sessionsSource] is var score && score > 0
            ? FeatureAssembler.Log1P(score)
            : 0;

    public void Prepare(RankingRequest request, ItemCatalog catalog)
    {
        UserNorm = request.UserVector is { } vector ? TensorPrimitives.Norm<float>(vector) : 0;
        Taste.Reset(request.Session);
        FillUser(request);
        FillRecentCategories(request.Session, catalog);
        FillNeighbours(request);
        FillLinear(request);
        FillTimesSeen(request);
        _sessionsSource = -1;
        for (var f = 0; f < FlaggedSources.Length; f++)
        {
            SourceMasks[f] = 0;
            for (var s = 0; s < request.Candidates.Sources.Count; s++)
            {
                if (request.Candidates.Sources[s] != FlaggedSources[f])
                    continue;
                SourceMasks[f] = 1u << s;
                if (f == FlaggedSources.Length - 1)
                    _sessionsSource = s;
            }
        }
    }

    public bool SharesLastCategory(ReadOnlySpan<int> categories)
    {
        foreach (var code in categories)
        {
            if (_lastCategories.AsSpan(0, _lastCategoryCount).Contains(code))
                return true;
        }
        return false;
    }

    /// <summary>Share of the recent events whose item carries the item's first category.</summary>
    public float RecentShare(ReadOnlySpan<int> categories)
    {
        if (_recentEvents == 0 || categories.IsEmpty)
            return 0;
        var at = _recentCategories.Find(categories[0]);
        return at < 0 ? 0 : (float)_recentCounts[at] / _recentEvents;
    }

    private void FillUser(RankingRequest request)
    {
        var session = request.Session;
        long positives = 0;
        for (var type = 0; type < session.Counts.Length; type++)
        {
            if (Feedback.Strength((InteractionType)type, null) > 0)
                positives += session.Counts[type];
        }
        var bought = session.Counts[(int)InteractionType.Purchase] + session.Counts[(int)InteractionType.AddToCart];
        Set(Feature.UserLogPositives, FeatureAssembler.Log1P(positives));
        Set(Feature.UserLogPurchases, FeatureAssembler.Log1P(bought));
        Set(Feature.UserLogHistory, FeatureAssembler.Log1P(session.History.Length));
        Set(Feature.UserLogIdleHours, session.LastSeenMs == 0
            ? 0
            : FeatureAssembler.Log1P(Math.Max(0, request.NowMs - session.LastSeenMs) / 3_600_000d));
        Set(Feature.UserLogPrice, session.PricedEvents == 0 ? 0 : (float)(session.LogPriceSum / session.PricedEvents));
        Set(Feature.UserLogSessionLength, FeatureAssembler.Log1P(VisitLength(session.Recent, request.NowMs)));

        var angle = request.NowMs % 86_400_000 / 86_400_000d * 2 * Math.PI;
        Set(Feature.HourSin, (float)Math.Sin(angle));
        Set(Feature.HourCos, (float)Math.Cos(angle));
        Set(Feature.SurfaceNotHome, request.Surface == "home" ? 0 : 1);
    }

    private static int VisitLength(RecentEvent[] recent, long nowMs)
    {
        var length = 0;
        for (var i = recent.Length - 1; i >= 0 && nowMs - recent[i].AtMs < VisitGapMs; i--)
        {
            nowMs = recent[i].AtMs;
            length++;
        }
        return length;
    }

    private void FillRecentCategories(UserSession session, ItemCatalog catalog)
    {
        _recentCategories.Clear();
        _recentEvents = session.Recent.Length;
        _lastCategoryCount = 0;
        for (var i = 0; i < session.Recent.Length; i++)
        {
            if (i + MemoryHint.Ahead < session.Recent.Length)
                catalog.Traits.Prefetch(session.Recent[i + MemoryHint.Ahead].Item);
            if (!catalog.Traits.TryRead(session.Recent[i].Item, out var traits))
                continue;
            var categories = traits.Terms(catalog).Categories;
            if (i == session.Recent.Length - 1)
                KeepLast(categories);
            foreach (var code in categories)
            {
                var at = _recentCategories.Add(code, out var isNew);
                if (at >= _recentCounts.Length)
                    Array.Resize(ref _recentCounts, _recentCounts.Length * 2);
                _recentCounts[at] = isNew ? 1 : _recentCounts[at] + 1;
            }
        }
    }

    private void KeepLast(ReadOnlySpan<int> categories)
    {
        if (_lastCategories.Length < categories.Length)
            _lastCategories = new int[categories.Length];
        categories.CopyTo(_lastCategories);
        _lastCategoryCount = categories.Length;
    }

    private void FillNeighbours(RankingRequest request)
    {
        var candidates = request.Candidates;
        if (NeighbourScores.Length < candidates.Count)
        {
            NeighbourScores = new float[candidates.Count * 2];
            NeighbourBest = new float[candidates.Count * 2];
            LinearScores = new float[candidates.Count * 2];
            TimesSeen = new int[candidates.Count * 2];
        }
        Array.Clear(NeighbourScores, 0, candidates.Count);
        Array.Clear(NeighbourBest, 0, candidates.Count);

        _candidates.Clear();
        _candidates.Reserve(candidates.Count);
        for (var i = 0; i < candidates.Count; i++)
            _candidates.Add(candidates.Items[i], out _);

        Span<int> seeds = stackalloc int[SessionSeeds.Cap];
        Span<float> weights = stackalloc float[SessionSeeds.Cap];
        var count = SessionSeeds.Fill(request.Session, seeds, weights);
        for (var s = 0; s < count; s++)
        {
            var items = request.Model.Neighbours.Of(seeds[s]);
            var scores = request.Model.Neighbours.ScoresOf(seeds[s]);
            for (var n = 0; n < items.Length; n++)
            {
                var at = _candidates.Find(items[n]);
                if (at < 0)
                    continue;
                var term = weights[s] * scores[n];
                NeighbourScores[at] += term;
                NeighbourBest[at] = Math.Max(NeighbourBest[at], term);
            }
        }
    }

    /// <summary>After the neighbours, whose table of candidates it uses.</summary>
    private void FillLinear(RankingRequest request)
    {
        Array.Clear(LinearScores, 0, request.Candidates.Count);
        var history = request.Session.History;
        var weights = request.Model.Linear;
        for (var h = history.Length - 1; h >= Math.Max(0, history.Length - LinearSource.HistoryCap); h--)
        {
            var items = weights.Of(history[h].Item);
            var values = weights.ScoresOf(history[h].Item);
            for (var n = 0; n < items.Length; n++)
            {
                if (_candidates.Find(items[n]) is var at and >= 0)
                    LinearScores[at] += values[n];
            }
        }
    }

    /// <summary>After the neighbours, whose table of candidates it uses.</summary>
    private void FillTimesSeen(RankingRequest request)
    {
        Array.Clear(TimesSeen, 0, request.Candidates.Count);
        foreach (var recent in request.Session.Recent)
        {
            if (_candidates.Find(recent.Item) is var at and >= 0)
                TimesSeen[at]++;
        }
    }

    private void Set(Feature feature, float value) => UserRow[(int)feature] = value;
}
