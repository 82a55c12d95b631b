namespace Recs.Training.Import.MovieLens;

/// <summary>Which of the published data sets a folder holds.</summary>
public enum MovieLensKind
{
    /// <summary>u.data, u.item, u.genre; tabs and '|', Latin-1.</summary>
    Ml100K,

    /// <summary>ratings.dat (or events.tsv), movies.dat; '::', Latin-1.</summary>
    Ml1M,

    /// <summary>ratings.csv, movies.csv, tags.csv, links.csv; UTF-8.</summary>
    MlLatest,
}

/// <summary>A MovieLens folder as published. See docs/import.md for what becomes of each file.</summary>
public sealed record MovieLensData(MovieLensKind Kind, IReadOnlyList<Item> Items, EventTable Events);

/// <summary>Recognises and reads MovieLens folders.</summary>
public static class MovieLensFolder
{
    /// <summary>
    /// What the labels of events.tsv mean: the commonest rating of each class of ML-1M (4 of the ratings from 4 up, 3
    /// of those below), so that every film watched is a signal and a liked one a stronger one; a view when unknown.
    /// </summary>
    public static readonly IReadOnlyDictionary<string, (InteractionType Type, double? Weight)> DefaultLabels =
        new Dictionary<string, (InteractionType, double?)>
        {
            ["1"] = (InteractionType.Rating, 4),
            ["0"] = (InteractionType.Rating, 3),
            ["-1"] = (InteractionType.View, null),
        };

    /// <exception cref="ImportException">The folder holds none of the known data sets.</exception>
    public static MovieLensKind Recognise(string folder)
    {
        if (!Directory.Exists(folder))
            throw new ImportException($"There is no folder '{folder}'.");
        bool Has(string file) => File.Exists(Path.Combine(folder, file));
        if (Has("u.data") && Has("u.item"))
            return MovieLensKind.Ml100K;
        if (Has("movies.dat") && (Has("ratings.dat") || Has("events.tsv")))
            return MovieLensKind.Ml1M;
        if (Has("movies.csv") && Has("ratings.csv"))
            return MovieLensKind.MlLatest;
        throw new ImportException(
            $"'{folder}' is no MovieLens folder. Looked for u.data and u.item (100K); movies.dat with ratings.dat or events.tsv (1M); movies.csv and ratings.csv (latest).");
    }

    /// <summary>Reads a folder whole; bad rows go to the reject log.</summary>
    public static MovieLensData Read(
        string folder, DateTimeOffset now, RejectLog rejects,
        IReadOnlyDictionary<string, (InteractionType Type, double? Weight)>? labels = null, DateTimeOffset? end = null,
        IProgress<ImportProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        var kind = Recognise(folder);
        var (items, eventsFile, options) = kind switch
        {
            MovieLensKind.Ml100K => (Ml100K.Items(folder, rejects), "u.data", Ratings("\t", "userId,movieId,rating,timestamp")),
            MovieLensKind.Ml1M when File.Exists(Path.Combine(folder, "ratings.dat")) =>
                (Ml1M.Items(folder, rejects), "ratings.dat", Ratings("::", "userId,movieId,rating,timestamp")),
            MovieLensKind.Ml1M => (Ml1M.Items(folder, rejects), "events.tsv", Labelled(labels ?? DefaultLabels, end)),
            _ => (MlLatest.Items(folder, rejects), "ratings.csv", Ratings(",", null)),
        };
        var events = EventFile.Read(Path.Combine(folder, eventsFile), options, now, rejects, progress, cancellationToken);
        return new MovieLensData(kind, items, events);
    }

    private static EventImportOptions Ratings(string delimiter, string? columns) => new()
    {
        Format = new FileFormat(delimiter, columns?.Split(','), "utf-8"),
        DefaultType = InteractionType.Rating,
    };

    private static EventImportOptions Labelled(IReadOnlyDictionary<string, (InteractionType, double?)> labels, DateTimeOffset? end) => new()
    {
        Format = new FileFormat("\t", null, "utf-8"),
        Columns = new Dictionary<string, string> { ["type"] = "label" },
        TypeMap = labels,
        OrderColumn = "position",
        End = end,
    };
}
