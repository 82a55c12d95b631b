using Recs.Engine.Embedded;

namespace Recs.Training.Data;

/// <summary>
/// What pages are replayed from: the events of a data folder, which a host may be writing, and its catalogue, with the vectors of
/// the named spaces searchable, so that every source that serves finds here what it finds there. Immutable.
/// </summary>
/// <param name="Events">In order of time.</param>
/// <param name="Catalog">
/// The catalogue as of today; pages of earlier moments leave out what had not arrived. All vectors are held, whatever the cap of
/// the host is: 4 bytes a value, and an index over each space.
/// </param>
internal sealed record FolderContents(EventColumns Events, ItemCatalog Catalog)
{
    /// <summary>Item ids held: the most a recommender may be set to hold.</summary>
    private const int CatalogCapacity = 10_000_000;

    /// <param name="root">The data folder.</param>
    /// <param name="progress">Events read so far.</param>
    /// <param name="cancellationToken">Stops between events.</param>
    /// <exception cref="RecommenderException">NotFound: the folder has no event log.</exception>
    /// <exception cref="InvalidDataException">A file is damaged.</exception>
    public static FolderContents Read(string root, Action<long>? progress, CancellationToken cancellationToken)
    {
        // A space that a host declares while this reads is passed over, as if it were declared afterwards.
        var vectors = new ItemVectors(SpaceFile.Read(root), long.MaxValue) { SkipsUnknown = true };
        var catalog = new ItemCatalog(CatalogCapacity, vectors);
        // Events first: an event's item was catalogued before it, so what is read afterwards knows it.
        var events = EventColumns.Read(root, catalog, progress, cancellationToken);
        CatalogStore.ReadInto(DataFolder.Catalog(root), catalog);
        vectors.MakeSearchable();
        return new FolderContents(events, catalog);
    }
}
