namespace Recs.Bench.Worlds;

/// <summary>Distinct (user, item) entries with strengths, dense ids: what a factorisation is timed on.</summary>
internal sealed record RatingsData(string Source, int UserCount, int ItemCount, int[] Users, int[] Items, float[] Strengths)
{
    private const int SyntheticUsers = 6_040, SyntheticItems = 3_416, SyntheticEntries = 1_000_000;

    /// <summary>MovieLens 1M from a shared data folder beside the project, or a synthetic set of its size.</summary>
    public static RatingsData MovieLensSized(int seed)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var file = Path.Combine(folder.FullName, "shared", "data", "ml-1m", "events.tsv");
            if (File.Exists(file))
                return ReadTabs(file);
        }

        return Synthetic(seed);
    }

    private static RatingsData ReadTabs(string file)
    {
        var (users, items) = (new Dictionary<string, int>(), new Dictionary<string, int>());
        var (row, column) = (new List<int>(), new List<int>());
        var met = new HashSet<(int, int)>();
        foreach (var line in File.ReadLines(file).Skip(1))
        {
            var cells = line.Split('\t');
            var entry = (Dense(users, cells[0]), Dense(items, cells[1]));
            if (!met.Add(entry))
                continue;
            row.Add(entry.Item1);
            column.Add(entry.Item2);
        }

        return new RatingsData("ml-1m", users.Count, items.Count, [.. row], [.. column], Ones(row.Count));

        static int Dense(Dictionary<string, int> known, string id)
        {
            if (!known.TryGetValue(id, out var number))
                known[id] = number = known.Count;
            return number;
        }
    }

    // Popularity and activity fall off by a power law as in real data, which is what loads the cores unevenly.
    private static RatingsData Synthetic(int seed)
    {
        var random = new Random(seed);
        var met = new HashSet<(int User, int Item)>(SyntheticEntries);
        while (met.Count < SyntheticEntries)
            met.Add(((int)(SyntheticUsers * Math.Pow(random.NextDouble(), 1.6)), (int)(SyntheticItems * Math.Pow(random.NextDouble(), 2.2))));
        return new RatingsData("synthetic", SyntheticUsers, SyntheticItems,
            [.. met.Select(e => e.User)], [.. met.Select(e => e.Item)], Ones(met.Count));
    }

    private static float[] Ones(int count)
    {
        var values = new float[count];
        Array.Fill(values, 1);
        return values;
    }
}
