using Recs.Training.Data;

namespace Recs.Training.Neighbours;

/// <summary>How neighbours are counted.</summary>
public sealed record CoOccurrenceOptions
{
    /// <summary>Neighbours kept per item. Default 100, 1 to 1,000.</summary>
    public int Neighbours { get; init; } = 100;

    /// <summary>Newest items of a user that count; bounds the pairs of one user. Default 256, 2 to 4,096.</summary>
    public int HistoryCap { get; init; } = 256;

    /// <summary>Two items met within this time belong to one purpose and count fully. Default 12 hours.</summary>
    public TimeSpan Window { get; init; } = TimeSpan.FromHours(12);

    /// <summary>What a pair further apart counts. Default 0.4, 0 to 1.</summary>
    public double OutsideWindow { get; init; } = 0.4;

    /// <summary>Users that are assumed to have had one item without the other. Default 4, 0 or more.</summary>
    public double Shrinkage { get; init; } = 4;

    /// <summary>Worker threads; all cores when 0. The result does not depend on it.</summary>
    public int Threads { get; init; }
}

/// <summary>
/// Item-to-item neighbours from user histories: shrunk cosine of the items' user sets,
/// <code>sum over users with both of w / (sqrt(n_i n_j) + shrinkage)</code>
/// where w is 1 for a pair met within the window and less outside it, and n counts users. Memory: one float per item
/// and thread, and the neighbours kept.
/// </summary>
public static class CoOccurrence
{
    private const int ChunkItems = 64;

    /// <param name="histories">Who had what.</param>
    /// <param name="items">Item numbers there are: all are below this.</param>
    /// <param name="options">How to count.</param>
    /// <param name="cancellationToken">Stops between chunks.</param>
    public static ItemNeighbours Count(
        UserHistories histories, int items, CoOccurrenceOptions options, CancellationToken cancellationToken = default)
    {
        var postings = Postings.Of(histories, items, options.HistoryCap);
        var rows = new (int[] Items, float[] Scores)[items];
        var parallel = new ParallelOptions
        {
            MaxDegreeOfParallelism = options.Threads > 0 ? options.Threads : Environment.ProcessorCount,
            CancellationToken = cancellationToken,
        };
        Parallel.For(0, (items + ChunkItems - 1) / ChunkItems, parallel, () => new Scratch(items), (chunk, _, scratch) =>
        {
            for (var item = chunk * ChunkItems; item < Math.Min(items, (chunk + 1) * ChunkItems); item++)
                rows[item] = Row(item, histories, postings, options, scratch);
            return scratch;
        }, static _ => { });

        var offsets = new int[items + 1];
        for (var item = 0; item < items; item++)
            offsets[item + 1] = checked(offsets[item] + rows[item].Items.Length);
        var neighbours = new ItemNeighbours { Offsets = offsets, Items = new int[offsets[items]], Scores = new float[offsets[items]] };
        for (var item = 0; item < items; item++)
        {
            rows[item].Items.CopyTo(neighbours.Items, offsets[item]);
            rows[item].Scores.CopyTo(neighbours.Scores, offsets[item]);
        }

        return neighbours;
    }

    private static (int[], float[]) Row(int item, UserHistories histories, Postings postings, CoOccurrenceOptions options, Scratch scratch)
    {
        var users = postings.UsersOf(item);
        var times = postings.TimesOf(item);
        var window = (long)options.Window.TotalMilliseconds;
        var outside = (float)options.OutsideWindow;
        for (var k = 0; k < users.Length; k++)
        {
            var end = histories.Offsets[users[k] + 1];
            for (var h = Math.Max(histories.Offsets[users[k]], end - options.HistoryCap); h < end; h++)
            {
                var other = histories.Items[h];
                if (scratch.Sums[other] == 0)
                    scratch.Touched.Add(other);
                scratch.Sums[other] += Math.Abs(histories.AtMs[h] - times[k]) <= window ? 1 : outside;
            }
        }

        scratch.Found.Clear();
        foreach (var other in scratch.Touched)
        {
            var sum = scratch.Sums[other];
            scratch.Sums[other] = 0;
            if (other == item || sum == 0)
                continue;
            var norm = Math.Sqrt((double)users.Length * postings.UsersOf(other).Length);
            scratch.Found.Add(((float)(sum / (norm + options.Shrinkage)), other));
        }

        scratch.Touched.Clear();
        scratch.Found.Sort(static (a, b) => a.Score != b.Score ? b.Score.CompareTo(a.Score) : a.Item.CompareTo(b.Item));
        var kept = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(scratch.Found)[..Math.Min(options.Neighbours, scratch.Found.Count)];
        var (found, scores) = (new int[kept.Length], new float[kept.Length]);
        for (var k = 0; k < kept.Length; k++)
            (scores[k], found[k]) = kept[k];
        return (found, scores);
    }

    private sealed class Scratch(int items)
    {
        public float[] Sums { get; } = new float[items];

        public List<int> Touched { get; } = [];

        public List<(float Score, int Item)> Found { get; } = [];
    }

    /// <summary>Users of each item, with the time each met it; only the newest part of long histories.</summary>
    private sealed class Postings(int[] offsets, int[] users, long[] times)
    {
        public ReadOnlySpan<int> UsersOf(int item) => users.AsSpan(offsets[item], offsets[item + 1] - offsets[item]);

        public ReadOnlySpan<long> TimesOf(int item) => times.AsSpan(offsets[item], offsets[item + 1] - offsets[item]);

        public static Postings Of(UserHistories histories, int items, int cap)
        {
            var offsets = new int[items + 1];
            for (var u = 0; u < histories.Users; u++)
            {
                for (var h = Math.Max(histories.Offsets[u], histories.Offsets[u + 1] - cap); h < histories.Offsets[u + 1]; h++)
                    offsets[histories.Items[h] + 1]++;
            }

            for (var item = 0; item < items; item++)
                offsets[item + 1] += offsets[item];
            var next = offsets.AsSpan(0, items).ToArray();
            var users = new int[offsets[items]];
            var times = new long[offsets[items]];
            for (var u = 0; u < histories.Users; u++)
            {
                for (var h = Math.Max(histories.Offsets[u], histories.Offsets[u + 1] - cap); h < histories.Offsets[u + 1]; h++)
                {
                    var at = next[histories.Items[h]]++;
                    (users[at], times[at]) = (u, histories.AtMs[h]);
                }
            }

            return new Postings(offsets, users, times);
        }
    }
}
