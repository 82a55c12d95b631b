namespace Recs.Training.Import.MovieLens;

/// <summary>movies.dat: id::title::genres with '|' between them.</summary>
internal static class Ml1M
{
    public static IReadOnlyList<Item> Items(string folder, RejectLog rejects) =>
        Movies.Read(folder, "movies.dat", "::", "latin1", 3, rejects, fields =>
            Movies.ToItem(fields[0].ToString(), fields[1].ToString(), fields[2].ToString().Split('|')));
}
