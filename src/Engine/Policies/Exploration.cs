using System.Buffers;
using System.Globalization;

namespace Recs.Engine.Policies;

/// <summary>
/// Gives new items a chance to be met: on a page of at least 10, a place of the lower half goes to one of the first 50
/// unplaced candidates of the source "new", drawn with the page's seed. In order of their scores for this user their
/// weights are 1, 1/2, 1/3 and so on, so that an item comes first to those whom it suits and everyone still gets a chance.
/// Its propensity is in its rules.
/// </summary>
internal static class Exploration
{
    /// <summary>A page shorter than this explores nothing.</summary>
    public const int MinPage = 10;

    private const int Pool = 50;

    public static void Apply(
        ComposeRequest request, Placement?[] page, HashSet<int> used, Dictionary<int, List<string>> touched, Func<int, Placement> placed)
    {
        var source = IndexOfNew(request.Candidates.Sources);
        if (source < 0 || page.Length < MinPage || page.Any(p => p is null))
            return;
        var bit = 1u << source;
        var random = new Random(request.Seed);
        for (var slot = 0; slot < request.ExplorationSlots; slot++)
        {
            if (page.Any(p => (request.Candidates.SourceBits[p!.Value.Candidate] & bit) != 0 && p.Value.Rules.Any(IsExploration)))
                return;
            var pool = PoolOf(request, source, used);
            var places = Enumerable.Range(page.Length / 2, page.Length - page.Length / 2).Where(p => page[p]!.Value.Rules.Count == 0).ToArray();
            if (pool.Count == 0 || places.Length == 0)
                return;
            var (chosen, propensity) = Draw(pool, random);
            var place = places[random.Next(places.Length)];
            used.Remove(page[place]!.Value.Candidate);
            used.Add(chosen);
            PageComposer.Touch(touched, chosen, string.Create(
                CultureInfo.InvariantCulture, $"{Prefix}a new item to be tried, propensity {propensity:0.###}"));
            page[place] = placed(chosen);
        }
    }

    private const string Prefix = "exploration: ";

    private static bool IsExploration(string rule) => rule.StartsWith(Prefix, StringComparison.Ordinal);

    private static int IndexOfNew(IReadOnlyList<string> sources)
    {
        for (var s = 0; s < sources.Count; s++)
        {
            if (sources[s] == "new")
                return s;
        }

        return -1;
    }

    private static List<int> PoolOf(ComposeRequest request, int source, HashSet<int> used)
    {
        var candidates = request.Candidates;
        // A source's ranks are all different: by rank, they need no sorting.
        var most = 0;
        for (var c = 0; c < candidates.Count; c++)
            most = Math.Max(most, candidates.Ranks[c * candidates.Sources.Count + source] + 1);
        var byRank = ArrayPool<int>.Shared.Rent(Math.Max(1, most));
        byRank.AsSpan(0, most).Fill(-1);
        for (var c = 0; c < candidates.Count; c++)
        {
            if (candidates.Ranks[c * candidates.Sources.Count + source] is var rank and >= 0)
                byRank[rank] = c;
        }

        var pool = new List<int>(Pool);
        for (var rank = 0; rank < most && pool.Count < Pool; rank++)
        {
            if (byRank[rank] is var candidate and >= 0 && !used.Contains(candidate) && request.StillPasses(candidates.Items[candidate]))
                pool.Add(candidate);
        }

        ArrayPool<int>.Shared.Return(byRank);
        pool.Sort((a, b) => (request.Scores[b], candidates.Items[a]).CompareTo((request.Scores[a], candidates.Items[b])));
        return pool;
    }

    private static (int Candidate, double Propensity) Draw(List<int> pool, Random random)
    {
        var total = 0.0;
        for (var place = 1; place <= pool.Count; place++)
            total += 1.0 / place;
        var left = random.NextDouble() * total;
        for (var place = 1; place < pool.Count; place++)
        {
            left -= 1.0 / place;
            if (left < 0)
                return (pool[place - 1], 1 / (place * total));
        }

        return (pool[^1], 1 / (pool.Count * total));
    }
}
