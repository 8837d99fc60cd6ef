"""The recipes for vcpkg and Conan, run on stand-ins for what the two managers give them."""

import fnmatch
import glob
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import types
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("ILNP_BUILD", os.path.join(ROOT, "build"))
PACKAGING = os.path.join(ROOT, "docs", "packaging")


def headers(folder):
    return {os.path.relpath(path, folder) for path in glob.glob(folder + "/**/*.hpp", recursive=True)}


def text_of(*path):
    with open(os.path.join(*path)) as file:
        return file.read()


def version():
    return re.search(r"project\(ilnp VERSION ([0-9.]+)", text_of(ROOT, "CMakeLists.txt"))[1]


def boost_parts():
    """The libraries of Boost that the headers include."""
    found = set()
    for path in headers(os.path.join(ROOT, "include")):
        found |= set(re.findall(r"#include <boost/(\w+)", text_of(ROOT, "include", path)))
    return found


class Vcpkg(unittest.TestCase):
    PORT = os.path.join(PACKAGING, "vcpkg", "ilnp")
    # What the functions of vcpkg do here, by its documentation.
    STAND_IN = """
        cmake_minimum_required(VERSION 3.25)
        function(run)
          execute_process(COMMAND ${ARGN} COMMAND_ERROR_IS_FATAL ANY OUTPUT_QUIET)
        endfunction()
        function(vcpkg_cmake_configure)
          cmake_parse_arguments(PARSE_ARGV 0 arg "" SOURCE_PATH OPTIONS)
          run(${CMAKE_COMMAND} -S ${arg_SOURCE_PATH} -B ${BUILD_FOLDER} -DCMAKE_BUILD_TYPE=Release ${MORE}
              -DCMAKE_INSTALL_PREFIX=${CURRENT_PACKAGES_DIR} -DCMAKE_INSTALL_LIBDIR=lib ${arg_OPTIONS})
        endfunction()
        function(vcpkg_cmake_install)
          run(${CMAKE_COMMAND} --build ${BUILD_FOLDER})
          run(${CMAKE_COMMAND} --install ${BUILD_FOLDER})
        endfunction()
        function(vcpkg_cmake_config_fixup)
          cmake_parse_arguments(PARSE_ARGV 0 arg "" CONFIG_PATH "")
          file(GLOB files ${CURRENT_PACKAGES_DIR}/${arg_CONFIG_PATH}/*)
          if(NOT files)
            message(FATAL_ERROR "nothing in ${arg_CONFIG_PATH}")
          endif()
          file(COPY ${files} DESTINATION ${CURRENT_PACKAGES_DIR}/share/${PORT})
          file(REMOVE_RECURSE ${CURRENT_PACKAGES_DIR}/share/cmake)
          # One folder fewer up to the prefix.
          file(GLOB targets ${CURRENT_PACKAGES_DIR}/share/${PORT}/*targets.cmake)
          foreach(each IN LISTS targets)
            file(READ ${each} text)
            set(up "get_filename_component(_IMPORT_PREFIX \\"\\${_IMPORT_PREFIX}\\" PATH)\\n")
            string(FIND "${text}" "${up}" at)
            string(LENGTH "${up}" length)
            string(SUBSTRING "${text}" 0 ${at} first)
            math(EXPR at "${at} + ${length}")
            string(SUBSTRING "${text}" ${at} -1 rest)
            file(WRITE ${each} "${first}${rest}")
          endforeach()
        endfunction()
        function(vcpkg_fixup_pkgconfig)
        endfunction()
        function(vcpkg_install_copyright)
          cmake_parse_arguments(PARSE_ARGV 0 arg "" "" FILE_LIST)
          file(COPY ${arg_FILE_LIST} DESTINATION ${CURRENT_PACKAGES_DIR}/share/${PORT})
          file(RENAME ${CURRENT_PACKAGES_DIR}/share/${PORT}/LICENSE ${CURRENT_PACKAGES_DIR}/share/${PORT}/copyright)
        endfunction()
        include(${CURRENT_PORT_DIR}/portfile.cmake)
    """

    def test_the_manifest(self):
        manifest = json.loads(text_of(self.PORT, "vcpkg.json"))
        self.assertEqual(manifest["name"], "ilnp")
        self.assertEqual(manifest["version"], version())
        named = {each[len("boost-"):] for each in manifest["dependencies"] if isinstance(each, str)}
        self.assertEqual(named, boost_parts())

    def test_the_port_installs_what_a_project_finds(self):
        folder = tempfile.mkdtemp(prefix="ilnp-vcpkg-")
        self.addCleanup(shutil.rmtree, folder)
        with open(folder + "/run.cmake", "w") as file:
            file.write(self.STAND_IN)
        cache = text_of(BUILD, "CMakeCache.txt")
        known = [f"-D{name}={value}" for name, value in re.findall(r"(?m)^(CMAKE_CXX_COMPILER|Boost_DIR):\w+=(.*)$", cache)]
        done = subprocess.run(["cmake", f"-DCURRENT_PORT_DIR={self.PORT}", f"-DCURRENT_PACKAGES_DIR={folder}/packages", "-DPORT=ilnp",
                               "-DFEATURES=core;sctp", f"-DBUILD_FOLDER={folder}/build", f"-DMORE={';'.join(known)}", "-P",
                               folder + "/run.cmake"], capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        packages = folder + "/packages"
        self.assertEqual(headers(packages + "/include"), headers(os.path.join(ROOT, "include")))
        self.assertEqual(set(os.listdir(packages)), {"include", "share"})
        self.assertEqual(set(os.listdir(packages + "/share")), {"ilnp", "pkgconfig"})
        self.assertEqual(set(os.listdir(packages + "/share/pkgconfig")), {"ilnp.pc", "ilnp-sctp.pc"})
        self.assertTrue({"copyright", "usage", "ilnp-config.cmake"} <= set(os.listdir(packages + "/share/ilnp")))
        # As a project would: the lines of `usage`.
        lines = re.findall(r"(?m)^    (\w.*)$", text_of(self.PORT, "usage"))
        self.assertEqual(len(lines), 2)
        os.mkdir(folder + "/project")
        with open(folder + "/project/CMakeLists.txt", "w") as file:
            file.write(f"cmake_minimum_required(VERSION 3.25)\nproject(main CXX)\nadd_library(main OBJECT main.cpp)\n{lines[0]}\n{lines[1]}\n")
        with open(folder + "/project/main.cpp", "w") as file:
            file.write("#include <ilnp/base/address.hpp>\nilnp::Nid nid;\n")
        for command in (["-S", folder + "/project", "-B", folder + "/out", f"-DCMAKE_PREFIX_PATH={packages}", *known], ["--build", folder + "/out"]):
            done = subprocess.run(["cmake", *command], capture_output=True, text=True, timeout=120)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


def conan_stand_in():
    """Modules with what the recipe takes from Conan."""
    def copy(_, pattern, src, dst):
        copied = []
        for path in glob.glob(src + "/**", recursive=True):
            name = os.path.relpath(path, src)
            if os.path.isfile(path) and fnmatch.fnmatch(name, pattern):
                os.makedirs(os.path.dirname(os.path.join(dst, name)), exist_ok=True)
                shutil.copy(path, os.path.join(dst, name))
                copied.append(name)
        return copied

    def check_min_cppstd(recipe, least):
        if int(recipe.settings.cppstd) < least:
            raise ValueError("cppstd")

    def load(_, path):
        return text_of(path)

    modules = {"conan": {"ConanFile": object}, "conan.errors": {"ConanInvalidConfiguration": type("Invalid", (Exception,), {})},
               "conan.tools": {}, "conan.tools.build": {"check_min_cppstd": check_min_cppstd},
               "conan.tools.files": {"copy": copy, "load": load}}
    for name, content in modules.items():
        module = types.ModuleType(name)
        module.__dict__.update(content)
        sys.modules[name] = module
    return modules["conan.errors"]["ConanInvalidConfiguration"]


class Conan(unittest.TestCase):
    def recipe(self, **options):
        folder = tempfile.mkdtemp(prefix="ilnp-conan-")
        self.addCleanup(shutil.rmtree, folder)
        recipe = self.module.Ilnp()
        recipe.recipe_folder = os.path.join(PACKAGING, "conan")
        recipe.export_sources_folder = recipe.source_folder = folder + "/source"
        recipe.package_folder = folder + "/package"
        recipe.settings = types.SimpleNamespace(os="Linux", cppstd="20")
        recipe.options = types.SimpleNamespace(**{**{key: False for key in recipe.options}, **options})
        recipe.required = {}
        recipe.requires = lambda name, **how: recipe.required.update({name.split("/")[0]: how})
        return recipe

    def setUp(self):
        self.invalid = conan_stand_in()
        spec = importlib.util.spec_from_file_location("recipe", os.path.join(PACKAGING, "conan", "conanfile.py"))
        self.module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(self.module)

    def test_it_packages_the_headers(self):
        recipe = self.recipe()
        recipe.set_version()
        self.assertEqual(recipe.version, version())
        recipe.export_sources()
        recipe.package()
        self.assertEqual(headers(recipe.package_folder + "/include"), headers(os.path.join(ROOT, "include")))
        self.assertEqual(os.listdir(recipe.package_folder + "/licenses"), ["LICENSE"])

    def test_parts_require_what_they_include(self):
        for options in ({}, {"sctp": True}, {"names": True}, {"sctp": True, "names": True}):
            recipe = self.recipe(**options)
            recipe.requirements()
            parts = {}

            class Part(types.SimpleNamespace):
                def set_property(self, name, value):
                    setattr(self, name, value)

            class Parts(dict):
                def __missing__(self, name):
                    self[name] = Part()
                    return self[name]

            recipe.cpp_info = types.SimpleNamespace(components=Parts())
            recipe.package_info()
            parts = recipe.cpp_info.components
            self.assertEqual(set(parts), {"ilnp", *options})
            self.assertEqual({part.cmake_target_name for part in parts.values()}, {f"ilnp::{name}" for name in parts})
            # Conan refuses a package that is required and used by no part.
            used = {each.split("::")[0] for part in parts.values() for each in part.requires if "::" in each}
            self.assertEqual(used, set(recipe.required))
            self.assertTrue(all(how["transitive_headers"] for how in recipe.required.values()))

    def test_only_for_linux_and_new_compilers(self):
        recipe = self.recipe()
        recipe.validate()
        recipe.settings.os = "Windows"
        self.assertRaises(self.invalid, recipe.validate)
        recipe.settings = types.SimpleNamespace(os="Linux", cppstd="17")
        self.assertRaises(ValueError, recipe.validate)


if __name__ == "__main__":
    unittest.main(argv=sys.argv)
