namespace Recs.Training.Import;

/// <summary>An import that cannot go on: a missing file, a header without the needed columns, damage. Its message is for people.</summary>
public sealed class ImportException(string message, Exception? inner = null) : Exception(message, inner);
