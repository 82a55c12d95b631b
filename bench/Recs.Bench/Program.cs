using Recs.Bench.Harness;
using Recs.Bench.Load;
using Recs.Bench.Suites;
using Recs.Bench.Suites.Quality;
using Recs.Bench.Suites.Ranking;

return await Dispatcher.RunAsync(args, new Dictionary<string, Suite>(StringComparer.Ordinal)
{
    ["page"] = new("full pages over HTTP, open loop: p50, p90, p99, degraded share, CPU and bytes a page", PageSuite.RunAsync),
    ["page-direct"] = new("CPU of pages made in one process without HTTP, in rounds: to compare two builds by turns", PageDirectSuite.RunAsync),
    ["freshness"] = new("click to changed list, by direct call and over HTTP", FreshnessSuite.RunAsync),
    ["events"] = new("acknowledged durable events a second", EventsSuite.RunAsync),
    ["memory"] = new("bytes a user, at rest and active, at a million users", MemorySuite.RunAsync),
    ["train"] = new("seconds an epoch of the factorisation, against NumPy", TrainSuite.RunAsync),
    ["ranking"] = new("scoring 100 and 500 candidates with trees and DCN-v2, against ONNX Runtime", RankingSuite.RunAsync),
    ["replay"] = new("a day of logged pages made again, byte for byte", ReplaySuite.RunAsync),
    ["ranking-train"] = new("quality and training time of the rankers, against scikit-learn, XGBoost and PyTorch", RankingTrainSuite.RunAsync),
    ["fold-in"] = new("lists for users that training never saw, against a refit with them", FoldInSuite.RunAsync),
    ["auto"] = new("what automatic training chooses, against the best of a grid tried on the test itself", AutoSuite.RunAsync),
    ["new-items"] = new("minutes from an item's arrival to its audience's pages, in the demo world", NewItemsSuite.RunAsync),
    ["micro"] = new("single steps of a page in one thread: time and bytes", MicroSuite.RunAsync),
    ["retrieval"] = new("vector search against hnswlib, FAISS and whatever --peer brings, at equal recall", RetrievalSuite.RunAsync),
    ["cluster"] = new("what 1, 2 and 3 silos cost against one process: pages, CPU, messages, activations, memory", ClusterSuite.RunAsync),
    ["load"] = new("(internal) the load generator's own process", LoadCommand.RunAsync, Internal: true),
    ["memory-probe"] = new("(internal) opens a folder and reports its memory", MemoryProbe.RunAsync, Internal: true),
});
