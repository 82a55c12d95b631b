using Recs.Training.Ranking.Trees;

namespace Recs.Bench.Suites.Ranking;

/// <summary>Reads the public data sets where they are on this machine: <c>shared/data</c> in a parent folder.</summary>
internal static class RankingData
{
    public static IEnumerable<RankingSet> Available(IReadOnlyList<string> names)
    {
        if (Folder() is not { } folder)
        {
            Console.WriteLine("The public data sets are not on this machine.");
            yield break;
        }

        foreach (var name in names)
        {
            yield return name switch
            {
                "binary" => Binary(Path.Combine(folder, "lightgbm-examples", "binary_classification")),
                "lambdarank" => LambdaRank(Path.Combine(folder, "lightgbm-examples", "lambdarank")),
                "frappe" => Frappe(Path.Combine(folder, "frappe")),
                "ml-1m" => MovieLens(Path.Combine(folder, "ml-1m")),
                _ => throw new ArgumentException($"--data held '{name}'; known are binary, lambdarank, frappe and ml-1m."),
            };
        }
    }

    private static string? Folder()
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            var found = Path.Combine(at.FullName, "shared", "data");
            if (Directory.Exists(found))
                return found;
        }

        return null;
    }

    private static RankingSet Binary(string folder)
    {
        return new RankingSet("binary", Read("binary.train"), Read("binary.test"));

        TrainingTable Read(string file)
        {
            var rows = File.ReadLines(Path.Combine(folder, file)).Select(line => Array.ConvertAll(line.Split('\t'), Float)).ToArray();
            return new TrainingTable { Width = 28, Labels = [.. rows.Select(r => r[0])], Features = [.. rows.SelectMany(r => r.Skip(1))] };
        }
    }

    private static RankingSet LambdaRank(string folder)
    {
        const int Width = 301;
        return new RankingSet("lambdarank", Read("rank.train"), Read("rank.test"));

        TrainingTable Read(string file)
        {
            var lines = File.ReadAllLines(Path.Combine(folder, file));
            var features = new float[lines.Length * Width];
            var labels = new float[lines.Length];
            for (var r = 0; r < lines.Length; r++)
            {
                var parts = lines[r].Split(' ', StringSplitOptions.RemoveEmptyEntries);
                labels[r] = Float(parts[0]);
                foreach (var part in parts.AsSpan(1))
                {
                    var colon = part.IndexOf(':', StringComparison.Ordinal);
                    features[r * Width + int.Parse(part.AsSpan(0, colon), CultureInfo.InvariantCulture)] = Float(part[(colon + 1)..]);
                }
            }

            return new TrainingTable
            {
                Width = Width,
                Features = features,
                Labels = labels,
                QuerySizes = [.. File.ReadLines(Path.Combine(folder, file + ".query")).Select(l => int.Parse(l, CultureInfo.InvariantCulture))],
            };
        }
    }

    private static RankingSet Frappe(string folder)
    {
        // Ids run over all fields; within a field they become codes from 0 in the order of their ids.
        const int Fields = 10;
        var files = new[] { "nfm_frappe.validation.libfm", "nfm_frappe.test.libfm" }
            .Select(f => File.ReadLines(Path.Combine(folder, f)).Select(l => l.Split(' ')).ToArray()).ToArray();
        var codes = new Dictionary<string, int>[Fields];
        for (var f = 0; f < Fields; f++)
        {
            codes[f] = files.SelectMany(rows => rows.Select(r => r[f + 1])).Distinct()
                .OrderBy(id => int.Parse(id.AsSpan(0, id.IndexOf(':', StringComparison.Ordinal)), CultureInfo.InvariantCulture))
                .Select((id, code) => (id, code)).ToDictionary(p => p.id, p => p.code, StringComparer.Ordinal);
        }

        TrainingTable Table(string[][] rows) => new()
        {
            Width = Fields,
            Labels = [.. rows.Select(r => r[0] == "1" ? 1f : 0f)],
            Features = [.. rows.SelectMany(r => Enumerable.Range(0, Fields).Select(f => (float)codes[f][r[f + 1]]))],
            Categorical = [.. Enumerable.Range(0, Fields)],
        };

        return new RankingSet("frappe", Table(files[0]), Table(files[1]));
    }

    private static RankingSet MovieLens(string folder)
    {
        var users = File.ReadLines(Path.Combine(folder, "users.dat")).Select(l => l.Split("::")).ToDictionary(p => p[0], StringComparer.Ordinal);
        var movies = File.ReadLines(Path.Combine(folder, "movies.dat"), Encoding.Latin1).Select(l => l.Split("::")).ToDictionary(p => p[0], StringComparer.Ordinal);
        var codes = Enumerable.Range(0, 8).Select(_ => new Dictionary<string, int>(StringComparer.Ordinal)).ToArray();
        var genres = movies.Values.SelectMany(m => m[2].Split('|')).Distinct().Order(StringComparer.Ordinal).ToArray();
        var events = File.ReadLines(Path.Combine(folder, "events.tsv")).Skip(1).Select(l => l.Split('\t')).ToArray();
        var length = events.GroupBy(e => e[0], StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Max(e => int.Parse(e[2], CultureInfo.InvariantCulture)) + 1, StringComparer.Ordinal);
        var rows = new List<float>[] { [], [] };
        var labels = new List<float>[] { [], [] };
        foreach (var e in events)
        {
            if (e[3] == "-1")
                continue;
            // The last tenth of each user's history is the test.
            var part = int.Parse(e[2], CultureInfo.InvariantCulture) >= length[e[0]] * 0.9 ? 1 : 0;
            labels[part].Add(Float(e[3]));
            var (user, movie) = (users[e[0]], movies[e[1]]);
            string[] fields = [e[0], e[1], user[1], user[2], user[3], user[4][..2], movie[2].Split('|')[0]];
            for (var f = 0; f < fields.Length; f++)
            {
                if (!codes[f].TryGetValue(fields[f], out var code))
                    codes[f][fields[f]] = code = codes[f].Count;
                rows[part].Add(code);
            }

            rows[part].Add(Float(movie[1][^5..^1]));
            var of = movie[2].Split('|');
            rows[part].AddRange(genres.Select(g => Array.IndexOf(of, g) >= 0 ? 1f : 0f));
        }

        TrainingTable Table(int part) => new()
        {
            Width = 8 + genres.Length,
            Labels = [.. labels[part]],
            Features = [.. rows[part]],
            Categorical = [.. Enumerable.Range(0, 7)],
        };

        return new RankingSet("ml-1m", Table(0), Table(1));
    }

    private static float Float(string text) => float.Parse(text, CultureInfo.InvariantCulture);
}
