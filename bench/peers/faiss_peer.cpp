// FAISS compiled for the CPU at hand, on the files of a set: FOLDER l2|ip. Builds, then measures every setting once for
// each line on standard input and answers with JSON lines and an empty line, so that rounds of several peers alternate.
// g++ -O3 -march=native -fopenmp -DFINTEGER=int -I FAISS faiss_peer.cpp FAISS/build/faiss/libfaiss_avx512.a -lopenblas -llapack
#include <faiss/AutoTune.h>
#include <faiss/IndexIVF.h>
#include <faiss/index_factory.h>
#include <omp.h>
#include <time.h>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

template <class T>
static std::vector<T> Read(const std::string& path, int& length, size_t& rows) {
    FILE* file = fopen(path.c_str(), "rb");
    if (!file || fread(&length, 4, 1, file) != 1) exit(1);
    fseek(file, 0, SEEK_END);
    rows = ftell(file) / (4 * (length + 1));
    rewind(file);
    std::vector<T> values(rows * length);
    for (size_t row = 0; row < rows; row++) {
        int each;
        if (fread(&each, 4, 1, file) != 1 || fread(&values[row * length], 4, length, file) != (size_t)length) exit(1);
    }
    fclose(file);
    return values;
}

static double Wall() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

static double Cpu() {
    timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return t.tv_sec + t.tv_nsec * 1e-9;
}

struct Kind {
    std::string factory;
    std::vector<std::string> settings;
    double bytes, build;
    std::unique_ptr<faiss::Index> index;
};

static std::vector<std::string> Settings(std::vector<int> probes, std::vector<int> factors) {
    std::vector<std::string> all;
    for (int p : probes) {
        if (factors.empty()) all.push_back("nprobe=" + std::to_string(p));
        for (int k : factors) all.push_back("nprobe=" + std::to_string(p) + ",k_factor_rf=" + std::to_string(k));
    }
    return all;
}

int main(int, char** arguments) {
    const std::string folder = arguments[1];
    const auto metric = std::string(arguments[2]) == "l2" ? faiss::METRIC_L2 : faiss::METRIC_INNER_PRODUCT;
    int d, wanted;
    size_t count, queries, truths;
    auto base = Read<float>(folder + "/base.fvecs", d, count);
    auto asked = Read<float>(folder + "/query.fvecs", d, queries);
    auto truth = Read<int>(folder + "/truth.ivecs", wanted, truths);

    std::vector<Kind> kinds;
    auto add = [&](std::string factory, std::vector<std::string> settings, double bytes) {
        kinds.push_back({std::move(factory), std::move(settings), bytes, 0, nullptr});
    };
    if (d > 256) {
        add("IVF512,PQ196x4fs,RFlat", Settings({8, 12, 16, 24, 40}, {2, 4}), 4.0 * d + 98 + 8);
    } else if (count < 20000) {
        add("IVF64,PQ64x4fs,RFlat", Settings({8, 16, 32, 64}, {2, 4, 8}), 4.0 * d + 32 + 8);
        add("IVF64,Flat", Settings({8, 16, 32, 48, 64}, {}), 4.0 * d + 8);
    } else {
        add("IVF256,PQ64x4fs,RFlat", Settings({96, 160, 256}, {8, 16}), 4.0 * d + 32 + 8);
        add("IVF1024,SQ8", Settings({192, 320, 448, 640}, {}), d + 8.0);
        add("IVF1024,Flat", Settings({320, 512}, {}), 4.0 * d + 8);
    }
    omp_set_num_threads(2);
    for (auto& kind : kinds) {
        double begun = Wall();
        kind.index.reset(faiss::index_factory(d, kind.factory.c_str(), metric));
        kind.index->train(count, base.data());
        kind.index->add(count, base.data());
        kind.build = Wall() - begun;
    }

    std::vector<float> scores(queries * 100);
    std::vector<faiss::idx_t> found(queries * 100);
    std::string line;
    while (std::getline(std::cin, line)) {
        for (auto& kind : kinds) {
            for (auto& setting : kind.settings) {
                faiss::ParameterSpace().set_index_parameters(kind.index.get(), setting.c_str());
                // One query a call by one thread and by two, as a server is asked; then all in one call.
                for (int way = 0; way < 3; way++) {
                    int threads = way == 1 ? 2 : 1;
                    omp_set_num_threads(threads);
                    double wall = Wall(), cpu = Cpu();
                    if (way == 2) {
                        kind.index->search(queries, asked.data(), 100, scores.data(), found.data());
                    } else {
#pragma omp parallel for schedule(dynamic, 8) num_threads(threads)
                        for (size_t q = 0; q < queries; q++)
                            kind.index->search(1, &asked[q * d], 100, &scores[q * 100], &found[q * 100]);
                    }
                    wall = Wall() - wall;
                    cpu = Cpu() - cpu;
                    size_t hits = 0, hits10 = 0;
                    for (size_t q = 0; q < queries; q++) {
                        std::unordered_set<int> right(&truth[q * wanted], &truth[q * wanted] + 100), right10(&truth[q * wanted], &truth[q * wanted] + 10);
                        for (int n = 0; n < 100; n++) {
                            hits += right.count((int)found[q * 100 + n]);
                            if (n < 10) hits10 += right10.count((int)found[q * 100 + n]);
                        }
                    }
                    printf("{\"peer\":\"faiss native %s%s\",\"params\":\"%s\",\"recall\":%.5f,\"recall10\":%.5f,\"qps\":%.1f,\"cpuQps\":%.1f,\"threads\":%d,\"buildSeconds\":%.1f,\"bytesPerVector\":%.0f}\n",
                           kind.factory.c_str(), way == 2 ? " batched" : "", setting.c_str(), hits / (100.0 * queries), hits10 / (10.0 * queries),
                           queries / wall, queries / cpu, threads, kind.build, kind.bytes);
                }
            }
        }
        printf("\n");
        fflush(stdout);
    }
    return 0;
}
