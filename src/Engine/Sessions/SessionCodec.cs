namespace Recs.Engine.Sessions;

/// <summary>
/// The session's own encoding: one versioned, checksummed blob with item ids and term texts, not numbers, so that it
/// can leave the process. Layout: docs/formats.md.
/// </summary>
public sealed class SessionCodec(ItemCatalog catalog)
{
    public ItemCatalog Catalog { get; } = catalog;

    public byte[] Encode(UserSession session) => throw new NotImplementedException();

    /// <summary>Throws <see cref="InvalidDataException"/> naming what is wrong with a damaged blob.</summary>
    public UserSession Decode(ReadOnlySpan<byte> blob) => throw new NotImplementedException();
}
