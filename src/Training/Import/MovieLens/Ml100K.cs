using System.Globalization;

namespace Recs.Training.Import.MovieLens;

/// <summary>u.item: id|title|release date|video date|URL|one flag per genre of u.genre.</summary>
internal static class Ml100K
{
    private const int FirstGenre = 5;

    public static IReadOnlyList<Item> Items(string folder, RejectLog rejects)
    {
        var genres = Genres(folder, rejects);
        return Movies.Read(folder, "u.item", "|", "latin1", FirstGenre, rejects, fields =>
        {
            var of = genres.Where(g => FirstGenre + g.Key < fields.Count && fields[FirstGenre + g.Key] is "1").Select(g => g.Value);
            int? year = DateTime.TryParseExact(fields[2], "dd-MMM-yyyy", CultureInfo.InvariantCulture, DateTimeStyles.None, out var released)
                ? released.Year
                : null;
            var title = fields[1].ToString();
            return Movies.ToItem(fields[0].ToString(), title, [.. of], Movies.YearOf(title) ?? year);
        });
    }

    private static SortedDictionary<int, string> Genres(string folder, RejectLog rejects)
    {
        var genres = new SortedDictionary<int, string>();
        if (!File.Exists(Path.Combine(folder, "u.genre")))
            throw new ImportException($"'{folder}' has no u.genre, which names the genres of u.item.");
        foreach (var (line, fields) in Movies.Rows(folder, "u.genre", "|", false, "latin1", 2, rejects))
        {
            if (int.TryParse(fields[1], NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number < ImportLimits.MaxColumns)
                genres[number] = fields[0].ToString();
            else
                rejects.Add("u.genre", line, "genre", $"The genre's number was {EventRules.Quote(fields[1])}; legal is 0 to {ImportLimits.MaxColumns - 1}.");
        }

        return genres;
    }
}
