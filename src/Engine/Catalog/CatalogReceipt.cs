namespace Recs.Engine.Catalog;

/// <summary>What a catalogue write did.</summary>
/// <param name="Added">Items that were not there before.</param>
/// <param name="Replaced">Items that changed.</param>
/// <param name="Unchanged">Items equal to what was there.</param>
/// <param name="CatalogVersion">The catalogue's version after the write; grows by 1 with every write that changed it.</param>
public sealed record CatalogReceipt(int Added, int Replaced, int Unchanged, long CatalogVersion);
