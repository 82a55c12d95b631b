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
    public IReadOnlyList<Placement> Compose(ComposeRequest request)
    {
        var touched = new Dictionary<int, List<string>>();
        var (order, rankedAt, scores) = Order(request, touched);
        var page = new Placement?[Math.Min(request.Count, order.Length)];
        var used = new HashSet<int>();

        PlacePins(request, page, used, touched, Placed);
        Fill(request, order, page, used, touched, Placed);
        if (request.ExplorationSlots > 0)
            Exploration.Apply(request, page, used, touched, Placed);
        return [.. page.Where(p => p is not null).Select(p => p!.Value)];

        Placement Placed(int c) => new(c, scores[c], rankedAt[c], touched.TryGetValue(c, out var rules) ? rules : []);
    }

    // Boosts and buries, then best first; ties by item number so that the same input gives the same page.
    private (int[] Order, int[] RankedAt, float[] Scores) Order(ComposeRequest request, Dictionary<int, List<string>> touched)
    {
        var candidates = request.Candidates;
        var items = candidates.Items;
        var raw = request.Scores;
        var order = BestFirst(raw.AsSpan(0, candidates.Count), items);
        var rankedAt = new int[order.Length];
        for (var r = 0; r < order.Length; r++)
            rankedAt[order[r]] = r;
        if (!request.Rules.Any(rule => rule.Action != RuleAction.Pin))
            return (order, rankedAt, raw);

        var scores = raw.AsSpan(0, order.Length).ToArray();
        var buried = new bool[order.Length];
        foreach (var rule in request.Rules)
        {
            for (var c = 0; c < order.Length && rule.Action != RuleAction.Pin; c++)
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

        Array.Sort(order, (a, b) =>
            buried[a] != buried[b] ? buried[a].CompareTo(buried[b])
            : scores[b].CompareTo(scores[a]) is var d and not 0 ? d : items[a].CompareTo(items[b]));
        return (order, rankedAt, scores);
    }

    /// <summary>Candidates by falling score, equal scores by item number: one key each, so that the sort calls nothing back.</summary>
    internal static int[] BestFirst(ReadOnlySpan<float> scores, ReadOnlySpan<int> items)
    {
        var keys = new ulong[scores.Length];
        var order = new int[scores.Length];
        for (var c = 0; c < keys.Length; c++)
        {
            // The bits of a float, those of a negative one turned round, order as the float does; -0 counts as 0.
            var bits = BitConverter.SingleToInt32Bits(float.IsNaN(scores[c]) ? float.NegativeInfinity : scores[c] + 0f);
            var rising = (uint)(bits < 0 ? ~bits : bits ^ int.MinValue);
            keys[c] = (ulong)~rising << 32 | (uint)items[c];
            order[c] = c;
        }

        Array.Sort(keys, order);
        return order;
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
        ComposeRequest request, int[] order, Placement?[] page, HashSet<int> used, Dictionary<int, List<string>> touched, Func<int, Placement> placed)
    {
        var cap = Math.Max(1, (int)Math.Ceiling(request.MaxCategoryShare * page.Length));
        var perCategory = new Dictionary<int, int>();
        foreach (var c in used)
            Take(request.Candidates.Items[c], perCategory);

        var deferred = new Queue<int>();
        var next = 0;
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
            while (next < order.Length)
            {
                var c = order[next++];
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
