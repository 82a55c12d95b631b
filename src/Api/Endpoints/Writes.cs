using Recs.Api.Http;

namespace Recs.Api.Endpoints;

/// <summary>Reads the body of a write and runs it, both within the write timeout.</summary>
internal static class Writes
{
    public delegate T Parsing<T>(ReadOnlySpan<byte> utf8);

    public static async Task<TResult> RunAsync<T, TResult>(
        ApiCall call, Parsing<T> parse, Func<T, CancellationToken, ValueTask<TResult>> write)
    {
        using var timeout = new CancellationTokenSource(call.Server.Options.WriteTimeout, call.Server.Time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, call.Aborted);
        T value;
        using (var body = await RequestBody.ReadJsonAsync(call.Http, call.Server.Options.MaxBodyBytes, linked.Token))
            value = parse(body.Bytes);
        return await write(value, linked.Token);
    }

    public static async Task<TResult> RunAsync<TResult>(ApiCall call, Func<CancellationToken, ValueTask<TResult>> write)
    {
        using var timeout = new CancellationTokenSource(call.Server.Options.WriteTimeout, call.Server.Time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, call.Aborted);
        return await write(linked.Token);
    }
}
