using System.Globalization;

namespace Recs.Engine.Policies;

/// <summary>What a composer is given. Scores are log-odds where <see cref="LogOdds"/>, else positive.</summary>
internal sealed class ComposeRequest
{
    public required CandidateSet Candidates { get; init; }

    public required float[] Scores { get; init; }

    public required bool LogOdds { get; init; }

    public required int Count { get; init; }

    /// <summary>The rules that hold for this page.</summary>
    public required IReadOnlyList<Rule> Rules { get; init; }

    /// <summary>Most items of one category, as a share of the page.</summary>
    public required double MaxCategoryShare { get; init; }

    /// <summary>Places given to new items that would not have had one.</summary>
    public required int ExplorationSlots { get; init; }

    /// <summary>Seed of this page's draws.</summary>
    public required int Seed { get; init; }

    /// <summary>The exact rule on the item as it is now; an item that fails it is left out.</summary>
    public required Func<int, bool> StillPasses { get; init; }
}

/// <summary>
/// From scores to places: boosts and buries reorder, pins take their places, a category cap keeps the rest varied (relaxed
/// rather than leaving a place empty), and a new item may be given a place to be tried. Pure and thread-safe.
/// </summary>
internal sealed class PageComposer(ItemCatalog catalog)
{
    [ThreadStatic]
    private static CandidateOrder? _ranked, _reordered;

    public IReadOnlyList<Placement> Compose(ComposeRequest request)
    {
        var touched = new Dictionary<int, List<string>>();
        var ranked = _ranked ??= new CandidateOrder();
        ranked.Reset(request.Scores.AsSpan(0, request.Candidates.Count), request.Candidates.Items.AsSpan(0, request.Candidates.Count));
        var (order, scores) = Reorder(request, ranked, touched);
        var page = new Placement?[Math.Min(request.Count, order.Count)];
        var used = new HashSet<int>();
        Func<int, Placement> placed = c => new Placement(c, scores[c], ranked.RankOf(c), touched.TryGetValue(c, out var rules) ? rules : []);

        PlacePins(request, page, used, touched, placed);
        Fill(request, order, page, used, touched, placed);
        if (request.ExplorationSlots > 0)
            Exploration.Apply(request, page, used, touched, placed);
        var placements = new List<Placement>(page.Length);
        foreach (var place in page)
        {
            if (place is { } taken)
                placements.Add(taken);
        }

        return placements;
    }

    // Boosts and buries; without any, the order stays what it is.
    private (CandidateOrder Order, float[] Scores) Reorder(ComposeRequest request, CandidateOrder ranked, Dictionary<int, List<string>> touched)
    {
        if (!Reorders(request.Rules))
            return (ranked, request.Scores);
        var items = request.Candidates.Items.AsSpan(0, ranked.Count);
        var scores = request.Scores.AsSpan(0, items.Length).ToArray();
        var buried = new bool[items.Length];
        foreach (var rule in request.Rules)
        {
            for (var c = 0; c < items.Length && rule.Action != RuleAction.Pin; c++)
            {
                if (catalog.Get(items[c]) is not { } entry || !rule.Names(entry.Item))
                    continue;
                if (rule.Action == RuleAction.Bury)
                    buried[c] = true;
                else
                    scores[c] = request.LogOdds ? scores[c] + MathF.Log((float)rule.Factor) : scores[c] * (float)rule.Factor;
                Touch(touched, c, rule.Action == RuleAction.Bury
                    ? $"buried by '{rule.Name}'"
                    : string.Create(CultureInfo.InvariantCulture, $"boosted x{rule.Factor:0.##} by '{rule.Name}'"));
            }
        }

        var reordered = _reordered ??= new CandidateOrder();
        reordered.Reset(scores, items, buried);
        return (reordered, scores);
    }

    private static bool Reorders(IReadOnlyList<Rule> rules)
    {
        foreach (var rule in rules)
        {
            if (rule.Action != RuleAction.Pin)
                return true;
        }

        return false;
    }

    private void PlacePins(
        ComposeRequest request, Placement?[] page, HashSet<int> used, Dictionary<int, List<string>> touched, Func<int, Placement> placed)
    {
        foreach (var rule in request.Rules)
        {
            if (rule.Action != RuleAction.Pin || !catalog.TryGetNumber(rule.Item!, out var item))
                continue;
            var c = request.Candidates.Items.AsSpan(0, request.Candidates.Count).IndexOf(item);
            if (c < 0 || rule.Position > page.Length || page[rule.Position - 1] is not null || used.Contains(c) || !request.StillPasses(item))
                continue;
            used.Add(c);
            Touch(touched, c, $"pinned to place {rule.Position} by '{rule.Name}'");
            page[rule.Position - 1] = placed(c);
        }
    }

    private void Fill(
        ComposeRequest request, CandidateOrder order, Placement?[] page, HashSet<int> used, Dictionary<int, List<string>> touched, Func<int, Placement> placed)
    {
        var cap = Math.Max(1, (int)Math.Ceiling(request.MaxCategoryShare * page.Length));
        var perCategory = new Dictionary<int, int>();
        foreach (var c in used)
            Take(request.Candidates.Items[c], perCategory);

        var deferred = new Queue<int>();
        for (var place = 0; place < page.Length; place++)
        {
            if (page[place] is not null)
                continue;
            var chosen = NextWithinCap();
            if (chosen < 0)
            {
                if (!deferred.TryDequeue(out chosen))
                    break;
                Touch(touched, chosen, $"kept back by the cap of {cap} items a category, then used to fill the page");
            }

            used.Add(chosen);
            Take(request.Candidates.Items[chosen], perCategory);
            page[place] = placed(chosen);
        }

        int NextWithinCap()
        {
            for (var c = order.Next(); c >= 0; c = order.Next())
            {
                var item = request.Candidates.Items[c];
                if (used.Contains(c) || !request.StillPasses(item))
                    continue;
                if (CategoryOf(item) is not (var category and >= 0) || perCategory.GetValueOrDefault(category) < cap)
                    return c;
                deferred.Enqueue(c);
            }

            return -1;
        }
    }

    private void Take(int item, Dictionary<int, int> perCategory)
    {
        if (CategoryOf(item) is var category and >= 0)
            perCategory[category] = perCategory.GetValueOrDefault(category) + 1;
    }

    // An item counts in its first category: the one that a shop would file it under.
    private int CategoryOf(int item) =>
        catalog.Traits.TryRead(item, out var traits) && traits.Terms(catalog).Categories is [var first, ..] ? first : -1;

    internal static void Touch(Dictionary<int, List<string>> touched, int candidate, string rule)
    {
        if (!touched.TryGetValue(candidate, out var rules))
            touched[candidate] = rules = [];
        rules.Add(rule);
    }
}
