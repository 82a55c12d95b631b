namespace Recs.Training.Import.MovieLens;

/// <summary>movies.csv, with tags.csv as item tags and links.csv as attributes, where they are.</summary>
internal static class MlLatest
{
    public static IReadOnlyList<Item> Items(string folder, RejectLog rejects)
    {
        var tags = Tags(folder, rejects);
        var links = Links(folder, rejects);
        var items = new ItemTable("movies.csv");
        foreach (var (line, fields) in Movies.Rows(folder, "movies.csv", ",", true, null, 3, rejects, header: true))
        {
            if (EventRules.CheckId("movieId", fields[0]) is { } badId)
            {
                rejects.Add("movies.csv", line, "movieId", badId);
                continue;
            }

            var id = fields[0].ToString();
            var item = Movies.ToItem(
                id, fields[1].ToString(), fields[2].ToString().Split('|'), null,
                tags.GetValueOrDefault(id), links.GetValueOrDefault(id) ?? []);
            if (ItemFile.Check(item) is { } refusal)
                rejects.Add("movies.csv", line, refusal.Field ?? "item", refusal.Message);
            else
                items.Add(item, line);
        }

        return items.Items;
    }

    /// <summary>For each film the tags that the most people gave it, in lower case, <see cref="Limits.MaxTags"/> at most.</summary>
    private static Dictionary<string, IReadOnlyList<string>> Tags(string folder, RejectLog rejects)
    {
        const string Name = "tags.csv";
        var users = new Dictionary<string, Dictionary<string, HashSet<string>>>(StringComparer.Ordinal);
        if (!File.Exists(Path.Combine(folder, Name)))
            return [];
        foreach (var (line, fields) in Movies.Rows(folder, Name, ",", true, null, 3, rejects, header: true))
        {
            if (fields[2].IsEmpty || fields[2].Length > Limits.MaxTermLength || fields[2].ContainsAnyInRange('\0', '\u001f'))
            {
                rejects.Add(Name, line, "tag", $"tag was {EventRules.Quote(fields[2])}; legal is 1 to {Limits.MaxTermLength} characters on one line.");
                continue;
            }

            var film = GetOrAdd(users, fields[1].ToString(), () => new Dictionary<string, HashSet<string>>(StringComparer.Ordinal));
            GetOrAdd(film, fields[2].ToString().ToLowerInvariant(), () => new HashSet<string>(StringComparer.Ordinal)).Add(fields[0].ToString());
        }

        return users.ToDictionary(
            film => film.Key,
            film => (IReadOnlyList<string>)
            [
                .. film.Value.OrderByDescending(t => t.Value.Count).ThenBy(t => t.Key, StringComparer.Ordinal)
                    .Take(Limits.MaxTags).Select(t => t.Key),
            ]);
    }

    private static Dictionary<string, List<KeyValuePair<string, AttributeValue>>> Links(string folder, RejectLog rejects)
    {
        var links = new Dictionary<string, List<KeyValuePair<string, AttributeValue>>>(StringComparer.Ordinal);
        if (!File.Exists(Path.Combine(folder, "links.csv")))
            return links;
        foreach (var (_, fields) in Movies.Rows(folder, "links.csv", ",", true, null, 3, rejects, header: true))
        {
            var ids = new List<KeyValuePair<string, AttributeValue>>(2);
            if (!fields[1].IsEmpty)
                ids.Add(new("imdbId", new AttributeValue.Text(fields[1].ToString())));
            if (!fields[2].IsEmpty)
                ids.Add(new("tmdbId", new AttributeValue.Text(fields[2].ToString())));
            links[fields[0].ToString()] = ids;
        }

        return links;
    }

    private static TValue GetOrAdd<TValue>(Dictionary<string, TValue> table, string key, Func<TValue> make)
    {
        if (!table.TryGetValue(key, out var value))
            table.Add(key, value = make());
        return value;
    }
}
