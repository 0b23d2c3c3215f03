// NVRTC on the CPU: g++ makes a library of a kernel, whose path takes the place of the PTX.
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstring>
#include <functional>
#include <regex>
#include <sstream>

#include "driver.hpp"

using namespace cuda_on_cpu;

namespace {

struct Program {
  std::string source, log, path;
};

// Assembly for NVIDIA's processors that a compiler for the CPU cannot read, as the functions that it stands for.
std::string without_assembly(std::string source) {
  static const std::regex extremes("asm\\(\"(min|max)\\.NaN\\.f32 %0, %1, %2;\" : \"=f\"\\((\\w+)\\) : \"f\"\\(([^()]+)\\), \"f\"\\(([^()]+)\\)\\);");
  static const std::regex atomics("asm volatile\\(\"atom\\.relaxed\\.(add|min|max)\\.\\w+ %0, \\[%1\\], %2;\" : \"=\\w\"\\((\\w+)\\) : \"l\"\\((\\w+)\\), \"\\w\"\\((\\w+)\\)\\s*\\);");
  source = std::regex_replace(source, extremes, "$2 = $1_nan($3, $4);");
  return std::regex_replace(source, atomics, "$2 = atomic_$1($3, $4);");
}

std::string for_the_cpu(const std::string& source) {
  static const std::regex entry("__launch_bounds__\\(\\d+\\)\\s+(\\w+)\\(");
  static const std::regex shared("extern __shared__ __align__\\((\\d+)\\) char (\\w+)\\[\\];");
  std::smatch name;
  if (!std::regex_search(source, name, entry)) return "#error no kernel found\n";
  std::string text = std::regex_replace(without_assembly(source), shared, "char* const $2 = cuda_on_cpu::block->shared_memory;");
  const bool has_barriers = source.find("__sync") != std::string::npos || source.find("_sync(") != std::string::npos;
  return "#include \"kernel.hpp\"\n" + text + "\nextern \"C\" const bool cuda_on_cpu_has_barriers = " + (has_barriers ? "true" : "false") +
         ";\nextern \"C\" void cuda_on_cpu_enter(cuda_on_cpu::Block* block) {\n  cuda_on_cpu::block = block;\n  cuda_on_cpu::call(" + name[1].str() + ");\n}\n";
}

std::string contents(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

int compile(Program& program) {
  static std::atomic<int> tries{0};
  const std::string folder = std::getenv("CUDA_ON_CPU_CACHE"), headers = std::getenv("CUDA_ON_CPU_HEADERS"), text = for_the_cpu(program.source);
  const std::string name = folder + "/" + std::to_string(std::hash<std::string>()(text)), own = name + "." + std::to_string(getpid()) + "." + std::to_string(++tries);
  program.path = name + ".so";
  if (access(program.path.c_str(), R_OK) == 0) return success;
  if (std::system(("mkdir -p '" + folder + "'").c_str()) != 0) return invalid_value;
  std::ofstream(own + ".cpp") << text;
  const std::string command = "g++ -std=c++17 -O2 -march=native -ffp-contract=off -fno-strict-aliasing -fno-gnu-unique -w -shared -fPIC -I'" + headers +
                              "' -I'" + headers + "/include' -o '" + own + ".so' '" + own + ".cpp' 2>'" + own + ".log'";
  const bool compiled = std::system(command.c_str()) == 0 && std::rename((own + ".so").c_str(), program.path.c_str()) == 0;
  program.log = contents(own + ".log");
  if (!compiled) std::fprintf(stderr, "CUDA on the CPU: g++ refuses %s.cpp: %.600s\n", own.c_str(), program.log.c_str());
  if (compiled) { std::remove((own + ".log").c_str()); std::rename((own + ".cpp").c_str(), (name + ".cpp").c_str()); }
  return compiled ? success : 6;  // NVRTC_ERROR_COMPILATION
}

}  // namespace

EXPORT int nvrtcVersion(int* major, int* minor) { *major = 13; *minor = 0; return success; }
EXPORT const char* nvrtcGetErrorString(int) { return "CUDA on the CPU cannot compile it"; }
EXPORT int nvrtcCreateProgram(Program** program, const char* source, const char*, int, const char* const*, const char* const*) {
  *program = new Program{source, "", ""};
  return success;
}
EXPORT int nvrtcDestroyProgram(Program** program) { delete *program; *program = nullptr; return success; }
EXPORT int nvrtcCompileProgram(Program* program, int, const char* const*) { COUNTED; return compile(*program); }
EXPORT int nvrtcGetProgramLogSize(Program* program, size_t* size) { *size = program->log.size() + 1; return success; }
EXPORT int nvrtcGetProgramLog(Program* program, char* log) { std::strcpy(log, program->log.c_str()); return success; }
EXPORT int nvrtcGetPTXSize(Program* program, size_t* size) { *size = program->path.size() + 1; return success; }
EXPORT int nvrtcGetPTX(Program* program, char* ptx) { std::strcpy(ptx, program->path.c_str()); return success; }
