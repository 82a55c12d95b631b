namespace Recs.Grains.Storage;

/// <summary>
/// The right to write a part of the artifact store, held by one process at a time and freed by the operating system
/// when that process ends, however it ends: a second activation of a grain cannot write beside the first.
/// </summary>
internal sealed class FolderLock : IDisposable
{
    private readonly FileStream _held;

    private FolderLock(FileStream held) => _held = held;

    /// <exception cref="RecommenderException">Overloaded: another process holds it; try again.</exception>
    public static FolderLock Take(string artifactDirectory, string name)
    {
        var folder = Path.Combine(artifactDirectory, "locks");
        Directory.CreateDirectory(folder);
        try
        {
            return new FolderLock(new FileStream(Path.Combine(folder, name + ".lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException e)
        {
            throw new RecommenderException(RefusalKind.Overloaded, $"'{name}' in '{artifactDirectory}' is still held by another process.", e)
            {
                RetryAfter = TimeSpan.FromSeconds(1),
            };
        }
    }

    public void Dispose() => _held.Dispose();
}
