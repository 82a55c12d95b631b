using Recs.Training.Data;
using Recs.Training.Neighbours;
using Recs.Training.Tests.Data;

namespace Recs.Training.Tests.Neighbours;

public sealed class CoOccurrenceTests
{
    private const long Hour = 3_600_000;

    [Fact]
    public void Scores_are_the_shrunk_cosine_worked_out_by_hand()
    {
        // a: users 1 2 3; b: users 1 2; c: user 3 and, a day later, user 1.
        var (histories, catalog) = Histories(
            ("1", "a", 0), ("1", "b", Hour), ("2", "a", 0), ("2", "b", 0), ("3", "a", 0), ("3", "c", 0), ("1", "c", 24 * Hour));
        var neighbours = CoOccurrence.Count(histories, catalog.Count, new CoOccurrenceOptions
        {
            Window = TimeSpan.FromHours(12),
            OutsideWindow = 0.5,
            Shrinkage = 1,
        });
        AssertRow(neighbours, catalog, "a", ("b", 2 / (Math.Sqrt(6) + 1)), ("c", 1.5 / (Math.Sqrt(6) + 1)));
        AssertRow(neighbours, catalog, "b", ("a", 2 / (Math.Sqrt(6) + 1)), ("c", 0.5 / 3));
        AssertRow(neighbours, catalog, "c", ("a", 1.5 / (Math.Sqrt(6) + 1)), ("b", 0.5 / 3));
    }

    [Fact]
    public void Only_the_best_are_kept_and_only_the_newest_of_a_long_history_count()
    {
        var (histories, catalog) = Histories(("1", "old", 0), ("1", "x", 1), ("1", "y", 2), ("2", "x", 3), ("2", "y", 4), ("2", "z", 5));
        var capped = CoOccurrence.Count(histories, catalog.Count, new CoOccurrenceOptions { HistoryCap = 2, Shrinkage = 0 });
        Assert.Empty(Row(capped, catalog, "old"));
        // User 2 keeps y and z alone.
        Assert.Equal(["x", "z"], Row(capped, catalog, "y").Order());
        var best = CoOccurrence.Count(histories, catalog.Count, new CoOccurrenceOptions { Neighbours = 1, Shrinkage = 0 });
        Assert.Equal(["y"], Row(best, catalog, "x"));
    }

    [Fact]
    public void Rows_equal_a_count_over_all_pairs_on_any_number_of_threads()
    {
        const int Seed = 9;
        var random = new Random(Seed);
        var events = Enumerable.Range(0, 900).Select(n => ($"u{random.Next(40)}", $"i{random.Next(150)}", random.Next(100) * Hour)).OrderBy(e => e.Item3).ToArray();
        var (histories, catalog) = Histories(events);
        var options = new CoOccurrenceOptions { Neighbours = 1_000 };
        var one = CoOccurrence.Count(histories, catalog.Count, options with { Threads = 1 });
        var many = CoOccurrence.Count(histories, catalog.Count, options with { Threads = 4 });
        Assert.Equal(one.Items, many.Items);
        Assert.Equal(one.Scores, many.Scores);

        var users = Enumerable.Range(0, histories.Users)
            .Select(u => (histories.Offsets[u]..histories.Offsets[u + 1]) is var r ? histories.Items[r].Zip(histories.AtMs[r]).ToDictionary(p => p.First, p => p.Second) : [])
            .ToArray();
        for (var i = 0; i < catalog.Count; i++)
        {
            var expected = new Dictionary<int, double>();
            for (var j = 0; j < catalog.Count; j++)
            {
                var both = users.Where(u => i != j && u.ContainsKey(i) && u.ContainsKey(j)).ToArray();
                if (both.Length == 0)
                    continue;
                var sum = both.Sum(u => Math.Abs(u[i] - u[j]) <= 12 * Hour ? 1 : 0.4);
                expected[j] = sum / (Math.Sqrt(users.Count(u => u.ContainsKey(i)) * (double)users.Count(u => u.ContainsKey(j))) + 4);
            }

            Assert.Equal(expected.Keys.Order(), one.Of(i).ToArray().Order());
            for (var k = 0; k < one.Of(i).Length; k++)
                Assert.Equal(expected[one.Of(i)[k]], one.ScoresOf(i)[k], 1e-5);
            Assert.True(one.ScoresOf(i).ToArray().SequenceEqual(one.ScoresOf(i).ToArray().OrderDescending()), $"row {i} is not in order");
        }
    }

    [Fact]
    public void Popularity_halves_with_every_half_life_and_counts_no_impressions()
    {
        var catalog = new ItemCatalog();
        var events = EventColumns.From([new LogEntry.Events(
        [
            EventColumnsTests.Event("u", "a", 0), EventColumnsTests.Event("u", "a", Hour), EventColumnsTests.Event("v", "b", 2 * Hour),
            EventColumnsTests.Event("v", "b", 2 * Hour, InteractionType.Impression), EventColumnsTests.Event("v", "a", 3 * Hour),
        ])], catalog);
        // As of the fourth event, at two hours: a quarter and a half of a; b whole.
        Assert.Equal([0.75f, 1f], DecayedPopularity.Count(events, 4, 2, TimeSpan.FromHours(1)));
    }

    private static (UserHistories, ItemCatalog) Histories(params (string User, string Item, long AtMs)[] events)
    {
        var catalog = new ItemCatalog();
        var columns = EventColumns.From([new LogEntry.Events([.. events.Select(e => EventColumnsTests.Event(e.User, e.Item, e.AtMs))])], catalog);
        return (UserHistories.Of(columns, columns.Count), catalog);
    }

    private static IEnumerable<string> Row(ItemNeighbours neighbours, ItemCatalog catalog, string item) =>
        neighbours.Of(Number(catalog, item)).ToArray().Select(catalog.IdOf);

    private static void AssertRow(ItemNeighbours neighbours, ItemCatalog catalog, string item, params (string Item, double Score)[] expected)
    {
        Assert.Equal(expected.Select(e => e.Item), Row(neighbours, catalog, item));
        foreach (var (e, score) in expected.Zip(neighbours.ScoresOf(Number(catalog, item)).ToArray()))
            Assert.Equal(e.Score, score, 1e-6);
    }

    private static int Number(ItemCatalog catalog, string id) => catalog.TryGetNumber(id, out var n) ? n : throw new KeyNotFoundException(id);
}
