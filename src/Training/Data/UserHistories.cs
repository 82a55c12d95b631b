using Recs.Training.Evaluation;
using Recs.Training.Factorization;

namespace Recs.Training.Data;

/// <summary>
/// Every user's items with positive feedback, strengths folded as <see cref="SessionRules"/> folds them: added up to
/// 10, replaced by a rating, removed by negative feedback. Unlike a session it keeps all of them. Immutable.
/// </summary>
public sealed class UserHistories
{
    private UserHistories(int users, int[] offsets, int[] items, float[] strengths, long[] atMs)
    {
        Users = users;
        Offsets = offsets;
        Items = items;
        Strengths = strengths;
        AtMs = atMs;
    }

    public int Users { get; }

    /// <summary>Start of each user's run; one longer than <see cref="Users"/>.</summary>
    public int[] Offsets { get; }

    /// <summary>Item numbers, oldest first within a user.</summary>
    public int[] Items { get; }

    public float[] Strengths { get; }

    /// <summary>Time of the newest positive event on the item.</summary>
    public long[] AtMs { get; }

    public int Count => Items.Length;

    /// <summary>Of the first <paramref name="end"/> events.</summary>
    public static UserHistories Of(EventColumns events, int end)
    {
        var users = events.UserIds.Length;
        var start = new int[users + 1];
        for (var e = 0; e < end; e++)
            start[events.User[e] + 1]++;
        for (var u = 0; u < users; u++)
            start[u + 1] += start[u];
        var byUser = new int[end];
        var next = start.AsSpan(0, users).ToArray();
        for (var e = 0; e < end; e++)
            byUser[next[events.User[e]]++] = e;

        var offsets = new int[users + 1];
        List<int> items = [];
        List<float> strengths = [];
        List<long> times = [];
        var held = new Dictionary<int, (float Strength, long AtMs, int Order)>();
        for (var u = 0; u < users; u++)
        {
            held.Clear();
            for (var k = start[u]; k < start[u + 1]; k++)
                Fold(events, byUser[k], held);
            foreach (var (item, entry) in held.OrderBy(p => p.Value.Order))
            {
                items.Add(item);
                strengths.Add(entry.Strength);
                times.Add(entry.AtMs);
            }

            offsets[u + 1] = items.Count;
        }

        return new UserHistories(users, offsets, [.. items], [.. strengths], [.. times]);
    }

    /// <summary>The newest items of every user, oldest first.</summary>
    /// <param name="cap">Items of one user, 1 or more.</param>
    /// <param name="itemCount">Item numbers there are.</param>
    public Sequences Newest(int cap, int itemCount)
    {
        var offsets = new int[Users + 1];
        for (var u = 0; u < Users; u++)
            offsets[u + 1] = offsets[u] + Math.Min(cap, Offsets[u + 1] - Offsets[u]);
        var (items, times) = (new int[offsets[Users]], new long[offsets[Users]]);
        for (var u = 0; u < Users; u++)
        {
            var count = offsets[u + 1] - offsets[u];
            Items.AsSpan(Offsets[u + 1] - count, count).CopyTo(items.AsSpan(offsets[u]));
            AtMs.AsSpan(Offsets[u + 1] - count, count).CopyTo(times.AsSpan(offsets[u]));
        }

        return new Sequences(itemCount, offsets, items, times);
    }

    /// <summary>Users x items with positive feedback, columns in order of item number.</summary>
    /// <param name="itemOfColumn">Item number of each column.</param>
    public FeedbackMatrix ToMatrix(out int[] itemOfColumn)
    {
        itemOfColumn = [.. Items.Distinct().Order()];
        var columns = itemOfColumn;
        var rows = new int[Count];
        for (var u = 0; u < Users; u++)
            rows.AsSpan(Offsets[u], Offsets[u + 1] - Offsets[u]).Fill(u);
        return FeedbackMatrix.From(
            Users, columns.Length, rows, Array.ConvertAll(Items, item => Array.BinarySearch(columns, item)), Strengths);
    }

    private static void Fold(EventColumns events, int e, Dictionary<int, (float Strength, long AtMs, int Order)> held)
    {
        var strength = events.StrengthOf(e);
        var item = events.Item[e];
        if (strength < 0)
            held.Remove(item);
        if (strength <= 0)
            return;
        var before = held.TryGetValue(item, out var old) && events.Type[e] != InteractionType.Rating ? old.Strength : 0;
        held[item] = (Math.Min(before + strength, SessionDraft.MaxStrength), events.AtMs[e], e);
    }
}
