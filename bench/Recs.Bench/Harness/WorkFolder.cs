namespace Recs.Bench.Harness;

/// <summary>Where a suite keeps its data: a folder named by the caller, which stays, or a fresh one, which goes.</summary>
internal sealed class WorkFolder : IDisposable
{
    private readonly bool _keep;

    public WorkFolder(string named)
    {
        _keep = named.Length > 0;
        Root = _keep ? Path.GetFullPath(named) : Directory.CreateTempSubdirectory("recs-bench-").FullName;
        Directory.CreateDirectory(Root);
    }

    public string Root { get; }

    public string Of(string name) => Path.Combine(Root, name);

    public static long BytesUnder(string folder) =>
        new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length);

    public void Dispose()
    {
        if (!_keep)
            Directory.Delete(Root, recursive: true);
    }
}
