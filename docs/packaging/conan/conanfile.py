"""A recipe for Conan 2 that packages this checkout: conan create docs/packaging/conan"""

import os
import re

from conan import ConanFile
from conan.errors import ConanInvalidConfiguration
from conan.tools.build import check_min_cppstd
from conan.tools.files import copy, load


class Ilnp(ConanFile):
    name = "ilnp"
    description = "Header-only toolkit for the Identifier-Locator Network Protocol"
    license = "BSL-1.0"
    topics = ("ilnp", "overlay-network", "mobility", "header-only")
    package_type = "header-library"
    settings = "os", "arch", "compiler", "build_type"
    options = {"sctp": [True, False], "names": [True, False]}
    default_options = {"sctp": False, "names": False, "boost/*:header_only": True}
    no_copy_source = True

    @property
    def _root(self):
        return os.path.join(self.recipe_folder, "..", "..", "..")

    def set_version(self):
        text = load(self, os.path.join(self._root, "CMakeLists.txt"))
        self.version = re.search(r"project\(ilnp VERSION ([0-9.]+)", text)[1]

    def export_sources(self):
        copy(self, "LICENSE", self._root, self.export_sources_folder)
        copy(self, "*.hpp", os.path.join(self._root, "include"), os.path.join(self.export_sources_folder, "include"))

    def requirements(self):
        self.requires("boost/[>=1.81]", transitive_headers=True)
        if self.options.sctp:
            self.requires("usrsctp/[>=0.9.5]", transitive_headers=True, transitive_libs=True)
        if self.options.names:
            self.requires("c-ares/[>=1.18]", transitive_headers=True, transitive_libs=True)

    def validate(self):
        if self.settings.os != "Linux":
            raise ConanInvalidConfiguration("ilnp runs on Linux only")
        check_min_cppstd(self, 20)

    def package_id(self):
        self.info.clear()

    def package(self):
        copy(self, "LICENSE", self.source_folder, os.path.join(self.package_folder, "licenses"))
        copy(self, "*.hpp", os.path.join(self.source_folder, "include"), os.path.join(self.package_folder, "include"))

    def package_info(self):
        parts = {"ilnp": ["boost::headers"]}
        if self.options.sctp:
            parts["sctp"] = ["ilnp", "usrsctp::usrsctp"]
        if self.options.names:
            parts["names"] = ["ilnp", "c-ares::c-ares"]
        for name, requires in parts.items():
            part = self.cpp_info.components[name]
            part.set_property("cmake_target_name", f"ilnp::{name}")
            part.set_property("pkg_config_name", "ilnp" if name == "ilnp" else f"ilnp-{name}")
            part.requires = requires
            part.bindirs = []
            part.libdirs = []
            part.includedirs = ["include"] if name == "ilnp" else []
        self.cpp_info.components["ilnp"].system_libs = ["pthread"]
